#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "addon/result.h"
#include "win/com.h"
#include "win/operation.h"

namespace broker {

/** The accounts settings pane, in which the user chooses one of several account providers. */
struct PickRequest {
  /** Owner of the pane's window. */
  HWND window = nullptr;
  std::string headerText;
  std::vector<ComPtr<winrt::IWebAccountProvider>> providers;
};

/** What the user chose, as an index of `providers`; empty if nothing. */
using Picked = std::optional<std::size_t>;

/**
 * Shows the pane on a thread of its own, for it needs an STA that handles messages, and a window of that
 * thread (one of another process, such as a console's, makes it fail). Calls `then` once, on that thread.
 * Returns at once, with a failure if there can be no thread; then `then` is not called.
 */
std::optional<Failure> pickProvider(std::shared_ptr<Operation> operation, PickRequest request,
                                    std::function<void(Result<Picked>)> then);

}  // namespace broker
