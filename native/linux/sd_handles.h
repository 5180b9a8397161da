#pragma once

#include <memory>

#include "linux/sd_bus_library.h"

namespace broker {

/** Closes without flushing: flushing would block. */
struct BusCloser {
  void operator()(sd_bus* bus) const {
    sd().bus_close(bus);
    sd().bus_unref(bus);
  }
};
struct MessageReleaser {
  void operator()(sd_bus_message* message) const { sd().bus_message_unref(message); }
};
struct SlotReleaser {
  void operator()(sd_bus_slot* slot) const { sd().bus_slot_unref(slot); }
};

using BusPtr = std::unique_ptr<sd_bus, BusCloser>;
using MessagePtr = std::unique_ptr<sd_bus_message, MessageReleaser>;
using SlotPtr = std::unique_ptr<sd_bus_slot, SlotReleaser>;

}  // namespace broker
