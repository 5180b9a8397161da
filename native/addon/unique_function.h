#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace broker {

template <typename Signature>
class UniqueFunction;

/**
 * A function that is moved and never copied, so that what it takes along need not be copyable either. (C++23
 * has std::move_only_function; std::function would have every request and reply copyable, and code made for
 * that.)
 */
template <typename Returned, typename... Arguments>
class UniqueFunction<Returned(Arguments...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}
  template <typename Function>
    requires(!std::same_as<std::decay_t<Function>, UniqueFunction>)
  UniqueFunction(Function&& function)
      : held_(std::make_unique<Holding<std::decay_t<Function>>>(std::forward<Function>(function))) {}

  explicit operator bool() const { return held_ != nullptr; }
  Returned operator()(Arguments... arguments) { return held_->call(std::forward<Arguments>(arguments)...); }

 private:
  struct Held {
    virtual ~Held() = default;
    virtual Returned call(Arguments&&... arguments) = 0;
  };
  template <typename Function>
  struct Holding final : Held {
    template <typename Given>
    explicit Holding(Given&& given) : function(std::forward<Given>(given)) {}
    Returned call(Arguments&&... arguments) override {
      return function(std::forward<Arguments>(arguments)...);
    }
    Function function;
  };

  std::unique_ptr<Held> held_;
};

}  // namespace broker
