#pragma once

#include <utility>
#include <variant>

#include "addon/failure.h"

namespace broker {

/** A value or the reason there is none. The addons are built without exceptions. */
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const { return content_.index() == 0; }
  T& value() { return *std::get_if<0>(&content_); }
  const T& value() const { return *std::get_if<0>(&content_); }
  Failure& failure() { return *std::get_if<1>(&content_); }
  const Failure& failure() const { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, Failure> content_;
};

/** The value of a `Result` that has nothing to tell but success. */
struct Done {};

}  // namespace broker
