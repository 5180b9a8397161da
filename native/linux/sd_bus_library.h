#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <optional>
#include <string>

namespace broker {

// What is used of libsystemd, without the `sd_` of its names: nothing that 239 lacks, which RHEL 8 has.
#define BROKER_SD_BUS_FUNCTIONS(each)    \
  each(bus_add_match_async);             \
  each(bus_call_async);                  \
  each(bus_close);                       \
  each(bus_get_events);                  \
  each(bus_get_fd);                      \
  each(bus_get_n_queued_write);          \
  each(bus_get_timeout);                 \
  each(bus_get_unique_name);             \
  each(bus_is_open);                     \
  each(bus_is_ready);                    \
  each(bus_message_append_basic);        \
  each(bus_message_append_string_space); \
  each(bus_message_at_end);              \
  each(bus_message_enter_container);     \
  each(bus_message_exit_container);      \
  each(bus_message_get_error);           \
  each(bus_message_get_sender);          \
  each(bus_message_get_signature);       \
  each(bus_message_is_method_error);     \
  each(bus_message_new_method_call);     \
  each(bus_message_peek_type);           \
  each(bus_message_read);                \
  each(bus_message_read_basic);          \
  each(bus_message_set_auto_start);      \
  each(bus_message_unref);               \
  each(bus_negotiate_fds);               \
  each(bus_new);                         \
  each(bus_process);                     \
  each(bus_set_address);                 \
  each(bus_set_bus_client);              \
  each(bus_slot_unref);                  \
  each(bus_start);                       \
  each(bus_unref)

/**
 * The functions of libsystemd. It is opened late instead of being linked to: with the libraries that it needs
 * in turn it takes a millisecond and two megabytes, and many who load the addon never ask a bus.
 */
struct SdBusLibrary {
#define BROKER_DECLARE(name) decltype(&sd_##name) name
  BROKER_SD_BUS_FUNCTIONS(BROKER_DECLARE);
#undef BROKER_DECLARE
  /** Null before 240. Not in the header of RHEL 8 either. */
  int (*bus_set_method_call_timeout)(sd_bus*, std::uint64_t);
};

/**
 * Opens libsystemd, once per process. Any thread. What the dynamic linker says if it cannot be opened or
 * lacks a function; then the next call tries again.
 */
std::optional<std::string> openSdBusLibrary();

/** For whoever has a connection, or has seen `openSdBusLibrary` succeed. */
const SdBusLibrary& sd();

}  // namespace broker
