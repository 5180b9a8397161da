#include "linux/sd_bus_library.h"

#include <dlfcn.h>

#include <memory>
#include <mutex>

namespace broker {
namespace {

constinit std::mutex opening;
constinit bool isOpen = false;  // guarded by opening
constinit SdBusLibrary functions{};

struct LibraryCloser {
  void operator()(void* library) const { dlclose(library); }
};

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::optional<std::string> openSdBusLibrary() {
  std::lock_guard lock(opening);
  if (isOpen) return std::nullopt;
  std::unique_ptr<void, LibraryCloser> library(dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL));
  if (!library) return dlerror();
  bool complete = true;
#define BROKER_FIND(name) complete = complete && find(library.get(), "sd_" #name, functions.name)
  BROKER_SD_BUS_FUNCTIONS(BROKER_FIND);
#undef BROKER_FIND
  if (!complete) return dlerror();
  find(library.get(), "sd_bus_set_method_call_timeout", functions.bus_set_method_call_timeout);
  // Stays open: there is no end to when its functions are needed.
  isOpen = library.release() != nullptr;
  return std::nullopt;
}

const SdBusLibrary& sd() {
  return functions;
}

}  // namespace broker
