#include "linux/bus_names.h"

namespace broker {
namespace {

constexpr std::size_t kLongestName = 255;

enum Allowed : unsigned { kPlain = 0, kHyphens = 1, kLeadingDigits = 2 };

bool isDigit(char character) {
  return character >= '0' && character <= '9';
}

// Not `isalpha`: only ASCII counts, whatever the locale.
bool isWordCharacter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         isDigit(character) || character == '_';
}

bool isElement(std::string_view text, unsigned allowed) {
  if (text.empty()) return false;
  if (isDigit(text.front()) && (allowed & kLeadingDigits) == 0) return false;
  for (const char character : text) {
    if (!isWordCharacter(character) && (character != '-' || (allowed & kHyphens) == 0)) return false;
  }
  return true;
}

/** Checks each element; tells how many there are, or 0 if one is not valid. */
std::size_t countElements(std::string_view text, char separator, unsigned allowed) {
  for (std::size_t count = 1;; ++count) {
    const std::size_t end = text.find(separator);
    if (!isElement(text.substr(0, end), allowed)) return 0;
    if (end == std::string_view::npos) return count;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool isBusName(std::string_view text) {
  if (text.size() > kLongestName) return false;
  if (text.substr(0, 1) != ":") return countElements(text, '.', kHyphens) >= 2;
  return countElements(text.substr(1), '.', kHyphens | kLeadingDigits) >= 2;
}

bool isInterfaceName(std::string_view text) {
  return text.size() <= kLongestName && countElements(text, '.', kPlain) >= 2;
}

bool isMemberName(std::string_view text) {
  return text.size() <= kLongestName && isElement(text, kPlain);
}

bool isObjectPath(std::string_view text) {
  if (text.substr(0, 1) != "/") return false;
  return text.size() == 1 || countElements(text.substr(1), '/', kLeadingDigits) > 0;
}

}  // namespace broker
