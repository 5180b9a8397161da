#include "dispatcher_queue.h"

#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "async.h"
#include "objects.h"

namespace broker::winrt {

struct DispatcherQueueHandler : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Invoke() = 0;
};

struct IDispatcherQueue : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE CreateTimer(IInspectable** value) = 0;
  virtual HRESULT STDMETHODCALLTYPE TryEnqueue(DispatcherQueueHandler* callback, boolean* value) = 0;
  virtual HRESULT STDMETHODCALLTYPE TryEnqueueWithPriority(INT32 priority, DispatcherQueueHandler* callback,
                                                           boolean* value) = 0;
  virtual HRESULT STDMETHODCALLTYPE add_ShutdownStarting(IUnknown* handler,
                                                         EventRegistrationToken* token) = 0;
  virtual HRESULT STDMETHODCALLTYPE remove_ShutdownStarting(EventRegistrationToken token) = 0;
  virtual HRESULT STDMETHODCALLTYPE add_ShutdownCompleted(IUnknown* handler,
                                                          EventRegistrationToken* token) = 0;
  virtual HRESULT STDMETHODCALLTYPE remove_ShutdownCompleted(EventRegistrationToken token) = 0;
};
template <>
inline constexpr GUID kIid<IDispatcherQueue> = guid("603e88e4-a338-4ffe-a457-a5cfb9ceb899");

struct IDispatcherQueue2 : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE get_HasThreadAccess(boolean* value) = 0;
};
template <>
inline constexpr GUID kIid<IDispatcherQueue2> = guid("c822c647-30ef-506e-bd1e-a647ae6675ff");

struct IDispatcherQueueController : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE get_DispatcherQueue(IDispatcherQueue** value) = 0;
  virtual HRESULT STDMETHODCALLTYPE ShutdownQueueAsync(IAsyncAction** operation) = 0;
};
template <>
inline constexpr GUID kIid<IDispatcherQueueController> = guid("22f34e66-50db-4e36-a98d-61c01b384d20");

struct IDispatcherQueueControllerStatics : IInspectable {
  virtual HRESULT STDMETHODCALLTYPE CreateOnDedicatedThread(IDispatcherQueueController** result) = 0;
};
template <>
inline constexpr GUID kIid<IDispatcherQueueControllerStatics> = guid("0a6c98e0-5198-49a2-a313-3f70d1f13c27");

}  // namespace broker::winrt

namespace fake_wam {
namespace {

using Handler = winrt::DispatcherQueueHandler;

/** What the queue and its thread share; the thread outlives whoever made it. */
struct Work {
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() { CloseHandle(changed); }

  /** Set when there is something new to look at. */
  const HANDLE changed = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  std::mutex mutex;
  std::deque<ComPtr<Handler>> waiting;
  bool ended = false;
  DWORD threadId = 0;
};

/** A single-threaded apartment, which Microsoft's client insists on. */
void runQueue(const std::shared_ptr<Work>& work) {
  CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
  for (;;) {
    ComPtr<Handler> next;
    {
      std::lock_guard lock(work->mutex);
      work->threadId = GetCurrentThreadId();
      if (!work->waiting.empty()) {
        next = work->waiting.front();
        work->waiting.pop_front();
      } else if (work->ended) {
        break;
      }
    }
    if (next) {
      next->Invoke();
      continue;
    }
    MsgWaitForMultipleObjects(1, &work->changed, FALSE, INFINITE, QS_ALLINPUT);
    MSG message;
    while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
  }
  CoUninitialize();
}

class Queue final : public Object<Threading::Agile, winrt::IDispatcherQueue, winrt::IDispatcherQueue2> {
 public:
  explicit Queue(std::shared_ptr<Work> work)
      : Object("Windows.System.DispatcherQueue"), work_(std::move(work)) {}

  HRESULT STDMETHODCALLTYPE CreateTimer(IInspectable** value) override {
    if (value != nullptr) *value = nullptr;
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE TryEnqueue(Handler* callback, boolean* value) override {
    if (callback == nullptr) return E_POINTER;
    std::lock_guard lock(work_->mutex);
    if (!work_->ended) work_->waiting.push_back(ComPtr<Handler>::share(callback));
    SetEvent(work_->changed);
    return giveValue<boolean>(!work_->ended, value);
  }
  HRESULT STDMETHODCALLTYPE TryEnqueueWithPriority(INT32, Handler* callback, boolean* value) override {
    return TryEnqueue(callback, value);
  }
  HRESULT STDMETHODCALLTYPE add_ShutdownStarting(IUnknown*, EventRegistrationToken* token) override {
    return giveValue<EventRegistrationToken>({1}, token);
  }
  HRESULT STDMETHODCALLTYPE remove_ShutdownStarting(EventRegistrationToken) override { return S_OK; }
  HRESULT STDMETHODCALLTYPE add_ShutdownCompleted(IUnknown*, EventRegistrationToken* token) override {
    return giveValue<EventRegistrationToken>({2}, token);
  }
  HRESULT STDMETHODCALLTYPE remove_ShutdownCompleted(EventRegistrationToken) override { return S_OK; }
  HRESULT STDMETHODCALLTYPE get_HasThreadAccess(boolean* value) override {
    std::lock_guard lock(work_->mutex);
    return giveValue<boolean>(work_->threadId == GetCurrentThreadId(), value);
  }

 private:
  const std::shared_ptr<Work> work_;
};

class Controller final : public Object<Threading::Agile, winrt::IDispatcherQueueController> {
 public:
  Controller() : Object(kDispatcherQueueController) {
    std::thread([work = work_] { runQueue(work); }).detach();
  }

  HRESULT STDMETHODCALLTYPE get_DispatcherQueue(winrt::IDispatcherQueue** value) override {
    if (value == nullptr) return E_POINTER;
    *value = new Queue(work_);
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE ShutdownQueueAsync(winrt::IAsyncAction** operation) override {
    if (operation == nullptr) return E_POINTER;
    end();
    auto* action = new AsyncAction("ShutdownQueueAsync");
    action->complete({});
    *operation = action;
    return S_OK;
  }

 private:
  ~Controller() override { end(); }

  void end() {
    std::lock_guard lock(work_->mutex);
    work_->ended = true;
    SetEvent(work_->changed);
  }

  const std::shared_ptr<Work> work_ = std::make_shared<Work>();
};

class Factory final
    : public Object<Threading::Agile, IActivationFactory, winrt::IDispatcherQueueControllerStatics> {
 public:
  Factory() : Object(kDispatcherQueueController) {}

  HRESULT STDMETHODCALLTYPE ActivateInstance(IInspectable** instance) override {
    if (instance != nullptr) *instance = nullptr;
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE CreateOnDedicatedThread(winrt::IDispatcherQueueController** result) override {
    if (result == nullptr) return E_POINTER;
    *result = new Controller();
    return S_OK;
  }
};

}  // namespace

ComPtr<IActivationFactory> makeDispatcherQueueFactory() {
  return ComPtr<IActivationFactory>::adopt(new Factory());
}

}  // namespace fake_wam
