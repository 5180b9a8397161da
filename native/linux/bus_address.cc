#include "linux/bus_address.h"

#include <string_view>

#include "linux/bus_failure.h"

namespace broker {

Result<Done> checkBusAddress(const std::string& address) {
  if (address.empty()) return addressRefused("it is empty");
  std::string_view rest = address;
  for (;;) {
    const std::size_t end = rest.find(';');
    const std::string_view entry = rest.substr(0, end);
    if (entry.substr(0, 5) != "unix:") {
      return addressRefused("only unix sockets are supported, like unix:path=/run/user/1000/bus");
    }
    if (end == std::string_view::npos || end + 1 == rest.size()) return Done{};
    rest.remove_prefix(end + 1);
  }
}

}  // namespace broker
