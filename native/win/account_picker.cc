#include "win/account_picker.h"

// Needs windows.h before it.
#include <roapi.h>

#include <array>
#include <atomic>
#include <utility>

#include "win/activation.h"
#include "win/async_operation.h"
#include "win/hstring.h"

namespace broker {
namespace {

using winrt::IAccountsSettingsPane;
using winrt::IAccountsSettingsPaneCommandsRequestedEventArgs;
using winrt::IWebAccountProviderCommand;

/** An event of Win32, that another thread sets. */
class Signal {
 public:
  Signal() : event_(CreateEventW(nullptr, TRUE /* stays set */, FALSE, nullptr)) {}
  ~Signal() {
    if (event_ != nullptr) CloseHandle(event_);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void set() { SetEvent(event_); }
  bool isSet() const { return WaitForSingleObject(event_, 0) == WAIT_OBJECT_0; }
  HANDLE get() const { return event_; }

 private:
  const HANDLE event_;
};

/** A window of this thread, in the middle of its owner, for the pane to belong to. */
class PaneWindow {
 public:
  explicit PaneWindow(HWND owner) {
    RECT area{};
    GetWindowRect(owner, &area);
    // A class that is always there: one of our own would have to be unregistered before the addon is
    // unloaded.
    window_ = CreateWindowExW(WS_EX_TOOLWINDOW, L"STATIC", L"", WS_POPUP | WS_VISIBLE,
                              (area.left + area.right) / 2, (area.top + area.bottom) / 2, 1, 1, owner,
                              nullptr, GetModuleHandleW(nullptr), nullptr);
    if (window_ != nullptr) SetForegroundWindow(window_);
  }
  ~PaneWindow() {
    if (window_ != nullptr) DestroyWindow(window_);
  }
  PaneWindow(const PaneWindow&) = delete;
  PaneWindow& operator=(const PaneWindow&) = delete;

  HWND get() const { return window_; }

 private:
  HWND window_ = nullptr;
};

/** Makes a thread an STA for as long as it lives. */
class Apartment {
 public:
  Apartment() : result_(RoInitialize(RO_INIT_SINGLETHREADED)) {}
  ~Apartment() {
    if (SUCCEEDED(result_)) RoUninitialize();
  }
  Apartment(const Apartment&) = delete;
  Apartment& operator=(const Apartment&) = delete;

  HRESULT result() const { return result_; }

 private:
  const HRESULT result_;
};

/** One showing of the pane. Everything runs on the pane's thread, but the signals. */
class Pane {
 public:
  Pane(std::shared_ptr<Operation> operation, PickRequest request)
      : operation_(std::move(operation)), request_(std::move(request)) {}

  Result<Picked> run() {
    const Apartment apartment;
    if (FAILED(apartment.result())) return winFailure(apartment.result(), "RoInitialize");
    const PaneWindow window(request_.window);
    if (window.get() == nullptr) return lastErrorFailure("CreateWindow");
    operation_->onCancel([canceled = canceled_] { canceled->set(); });
    Result<Picked> picked = show(window.get());
    operation_->onCancel(nullptr);
    // They belong to the apartment.
    pane_.reset();
    commands_.reset();
    return picked;
  }

 private:
  Result<Picked> show(HWND window) {
    ComPtr<winrt::IAccountsSettingsPaneInterop> interop;
    HRESULT result = activationFactory(runtime_class::kSettingsPane, interop);
    if (FAILED(result)) return missingFailure(result, "AccountsSettingsPane");
    result = activationFactory(runtime_class::kProviderCommand, commands_);
    if (FAILED(result)) return missingFailure(result, "WebAccountProviderCommand");
    result = interop->GetForWindow(window, winrt::kIid<IAccountsSettingsPane>, pane_.putVoid());
    if (FAILED(result)) return winFailure(result, "AccountsSettingsPane.GetForWindow");
    if (auto failure = listen()) return std::move(*failure);

    ComPtr<winrt::IAsyncAction> action;
    result =
        interop->ShowManageAccountsForWindowAsync(window, winrt::kIid<winrt::IAsyncAction>, action.putVoid());
    if (FAILED(result)) {
      stopListening();
      return winFailure(result, kShowStage);
    }
    auto failure = waitFor(action);
    stopListening();
    if (failure) return std::move(*failure);
    return chosen_;
  }

  std::optional<Failure> listen() {
    // They only run while `show` waits, on this thread.
    auto handler = Delegate<winrt::PaneHandler, IAccountsSettingsPane*,
                            IAccountsSettingsPaneCommandsRequestedEventArgs*>::
        make([this](IAccountsSettingsPane*, IAccountsSettingsPaneCommandsRequestedEventArgs* args) {
          return fill(args);
        });
    const HRESULT result = pane_->add_AccountCommandsRequested(handler.get(), &listening_);
    if (FAILED(result)) return winFailure(result, "AccountsSettingsPane.AccountCommandsRequested");
    isListening_ = true;
    return std::nullopt;
  }

  void stopListening() {
    if (std::exchange(isListening_, false)) pane_->remove_AccountCommandsRequested(listening_);
  }

  /** The pane asks what to offer. */
  HRESULT fill(IAccountsSettingsPaneCommandsRequestedEventArgs* args) {
    ComPtr<winrt::IAccountsSettingsPaneEventDeferral> deferral;
    HRESULT result = args->GetDeferral(deferral.put());
    if (FAILED(result)) {
      fillFailure_ = winFailure(result, "AccountsSettingsPaneCommandsRequestedEventArgs.GetDeferral");
      return result;
    }
    if (!request_.headerText.empty()) result = args->put_HeaderText(HString(request_.headerText).get());
    if (SUCCEEDED(result)) result = addCommands(args);
    stopListening();
    if (FAILED(result)) fillFailure_ = winFailure(result, "AccountsSettingsPane.AccountCommandsRequested");
    const HRESULT completed = deferral->Complete();
    return FAILED(result) ? result : completed;
  }

  HRESULT addCommands(IAccountsSettingsPaneCommandsRequestedEventArgs* args) {
    ComPtr<winrt::IVector<IWebAccountProviderCommand>> list;
    HRESULT result = args->get_WebAccountProviderCommands(list.put());
    for (std::size_t i = 0; SUCCEEDED(result) && i < request_.providers.size(); ++i) {
      auto invoked =
          Delegate<winrt::WebAccountProviderCommandInvokedHandler, IWebAccountProviderCommand*>::make(
              [this, i](IWebAccountProviderCommand*) {
                chosen_ = i;
                return S_OK;
              });
      ComPtr<IWebAccountProviderCommand> command;
      result = commands_->CreateWebAccountProviderCommand(request_.providers[i].get(), invoked.get(),
                                                          command.put());
      if (SUCCEEDED(result)) result = list->Append(command.get());
    }
    return result;
  }

  /** Handles messages until the pane has closed, or is to be closed. */
  std::optional<Failure> waitFor(const ComPtr<winrt::IAsyncAction>& action) {
    auto status = std::make_shared<std::atomic<winrt::AsyncStatus>>(winrt::AsyncStatus::Started);
    auto ended = Delegate<winrt::AsyncActionCompletedHandler, winrt::IAsyncAction*, winrt::AsyncStatus>::make(
        [closed = closed_, status](winrt::IAsyncAction*, winrt::AsyncStatus told) {
          *status = told;
          closed->set();
          return S_OK;
        });
    const HRESULT result = action->put_Completed(ended.get());
    if (FAILED(result)) return winFailure(result, kShowStage);

    handleMessagesUntil({closed_->get(), canceled_->get()});
    if (!closed_->isSet()) {
      ComPtr<winrt::IAsyncInfo> info;
      if (SUCCEEDED(action.as(info))) info->Cancel();
      // In any case the pane goes with the window it belongs to.
      return canceledFailure();
    }
    if (fillFailure_) return std::move(fillFailure_);
    // That nothing was chosen.
    if (*status == winrt::AsyncStatus::Canceled) return std::nullopt;
    return failureOf(action.get(), *status, kShowStage);
  }

  static void handleMessagesUntil(const std::array<HANDLE, 2>& events) {
    const auto count = static_cast<DWORD>(events.size());
    while (MsgWaitForMultipleObjectsEx(count, events.data(), INFINITE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) ==
           WAIT_OBJECT_0 + count) {
      MSG message;
      while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
      }
    }
  }

  static constexpr char kShowStage[] = "ShowManageAccountsForWindowAsync";

  const std::shared_ptr<Operation> operation_;
  const PickRequest request_;
  const std::shared_ptr<Signal> closed_ = std::make_shared<Signal>();
  const std::shared_ptr<Signal> canceled_ = std::make_shared<Signal>();
  ComPtr<IAccountsSettingsPane> pane_;
  ComPtr<winrt::IWebAccountProviderCommandFactory> commands_;
  EventRegistrationToken listening_{};
  bool isListening_ = false;
  Picked chosen_;
  std::optional<Failure> fillFailure_;
};

struct ThreadStart {
  std::shared_ptr<Operation> operation;
  PickRequest request;
  std::function<void(Result<Picked>)> then;
};

DWORD WINAPI paneThread(void* context) {
  const std::unique_ptr<ThreadStart> start(static_cast<ThreadStart*>(context));
  // Its COM objects are gone before `then` hears of it.
  Result<Picked> picked = Pane(start->operation, std::move(start->request)).run();
  start->then(std::move(picked));
  return 0;
}

}  // namespace

std::optional<Failure> pickProvider(std::shared_ptr<Operation> operation, PickRequest request,
                                    std::function<void(Result<Picked>)> then) {
  auto start =
      std::make_unique<ThreadStart>(ThreadStart{std::move(operation), std::move(request), std::move(then)});
  const HANDLE thread = CreateThread(nullptr, 0, &paneThread, start.get(), 0, nullptr);
  if (thread == nullptr) return lastErrorFailure("CreateThread");
  // It belongs to the thread now, which may have deleted it already. Nobody waits for the thread.
  static_cast<void>(start.release());
  CloseHandle(thread);
  return std::nullopt;
}

}  // namespace broker
