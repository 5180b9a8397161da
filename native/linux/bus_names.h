#pragma once

#include <string_view>

/**
 * Which names are valid, by the D-Bus specification. sd-bus has such checks too, but only since libsystemd
 * 246, and RHEL 8 has 239.
 */
namespace broker {

/** A unique name (`:1.5`) or a well-known one. */
bool isBusName(std::string_view text);
bool isInterfaceName(std::string_view text);
bool isMemberName(std::string_view text);
bool isObjectPath(std::string_view text);

}  // namespace broker
