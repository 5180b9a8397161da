#include "win/worker_threads.h"

#include <windows.h>
// Needs windows.h before it.
#include <combaseapi.h>

#include <memory>
#include <utility>

#include "win/win_failure.h"

namespace broker {
namespace {

// Calls into WAM return soon as a rule, for they only start something. More than one, so that one that hangs
// (another process does the work) does not hold up the rest.
constexpr DWORD kMostThreads = 8;

struct Pool {
  TP_CALLBACK_ENVIRON environment;
  std::optional<Failure> failure;

  Pool() {
    InitializeThreadpoolEnvironment(&environment);
    failure = start();
  }

  std::optional<Failure> start() {
    HMODULE self = nullptr;
    // A worker (of Node.js) that ends unloads its addons, but Windows may still call back.
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            reinterpret_cast<const wchar_t*>(&postToWorker), &self)) {
      return lastErrorFailure("GetModuleHandleEx");
    }
    CO_MTA_USAGE_COOKIE cookie;
    const HRESULT joined = CoIncrementMTAUsage(&cookie);
    if (FAILED(joined)) return winFailure(joined, "CoIncrementMTAUsage");
    PTP_POOL threads = CreateThreadpool(nullptr);
    if (threads == nullptr) return lastErrorFailure("CreateThreadpool");
    SetThreadpoolThreadMaximum(threads, kMostThreads);
    SetThreadpoolCallbackPool(&environment, threads);
    return std::nullopt;
  }
};

void CALLBACK run(PTP_CALLBACK_INSTANCE, void* context) {
  const std::unique_ptr<std::function<void()>> task(static_cast<std::function<void()>*>(context));
  (*task)();
}

}  // namespace

std::optional<Failure> postToWorker(std::function<void()> task) {
  // Never freed: threads may be in here until the process is gone.
  static Pool* const pool = new Pool();
  if (pool->failure) return pool->failure;
  auto owned = std::make_unique<std::function<void()>>(std::move(task));
  if (!TrySubmitThreadpoolCallback(&run, owned.get(), &pool->environment)) {
    return lastErrorFailure("TrySubmitThreadpoolCallback");
  }
  // It belongs to the thread now, which may have deleted it already.
  static_cast<void>(owned.release());
  return std::nullopt;
}

}  // namespace broker
