#include "pane.h"

#include <deque>
#include <map>

#include "async.h"
#include "values.h"

namespace fake_wam {
namespace {

using winrt::IAccountsSettingsPane;
using winrt::IAccountsSettingsPaneCommandsRequestedEventArgs;
using winrt::IWebAccountProvider;
using winrt::IWebAccountProviderCommand;

/** Runs functions on the thread it was made on, when that handles its messages. */
class ThreadWindow {
 public:
  ThreadWindow() {
    WNDCLASSW description{};
    description.lpfnWndProc = &handle;
    description.hInstance = GetModuleHandleW(nullptr);
    description.lpszClassName = L"FakeWamThread";
    RegisterClassW(&description);
    window_ = CreateWindowExW(0, description.lpszClassName, L"", 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr,
                              description.hInstance, nullptr);
  }
  ~ThreadWindow() { PostMessageW(window_, kClose, 0, 0); }
  ThreadWindow(const ThreadWindow&) = delete;
  ThreadWindow& operator=(const ThreadWindow&) = delete;

  void post(std::function<void()> task) {
    {
      std::lock_guard lock(queue_->mutex);
      queue_->tasks.push_back(std::move(task));
    }
    auto queue = std::make_unique<std::shared_ptr<Queue>>(queue_);
    if (PostMessageW(window_, kRun, 0, reinterpret_cast<LPARAM>(queue.get())))
      static_cast<void>(queue.release());
  }

  /** Forgets what has not run. The thread may end without having handled its messages. */
  void drop() {
    std::deque<std::function<void()>> dropped;
    std::lock_guard lock(queue_->mutex);
    dropped.swap(queue_->tasks);
  }

 private:
  struct Queue {
    std::mutex mutex;
    std::deque<std::function<void()>> tasks;
  };

  static constexpr UINT kRun = WM_APP;
  static constexpr UINT kClose = WM_APP + 1;

  static LRESULT CALLBACK handle(HWND window, UINT message, WPARAM first, LPARAM second) {
    if (message == kClose) {
      DestroyWindow(window);
      return 0;
    }
    if (message != kRun) return DefWindowProcW(window, message, first, second);
    const std::unique_ptr<std::shared_ptr<Queue>> queue(reinterpret_cast<std::shared_ptr<Queue>*>(second));
    runNext(**queue);
    return 0;
  }

  static void runNext(Queue& queue) {
    std::function<void()> task;
    {
      std::lock_guard lock(queue.mutex);
      if (queue.tasks.empty()) return;
      task = std::move(queue.tasks.front());
      queue.tasks.pop_front();
    }
    task();
  }

  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  HWND window_ = nullptr;
};

class ProviderCommand final : public Object<Threading::OneThread, IWebAccountProviderCommand> {
 public:
  ProviderCommand(Provider* provider, winrt::WebAccountProviderCommandInvokedHandler* invoked)
      : Object("Windows.UI.ApplicationSettings.WebAccountProviderCommand"),
        authority_(provider->data().authority),
        provider_(ComPtr<Provider>::share(provider)),
        invoked_(ComPtr<winrt::WebAccountProviderCommandInvokedHandler>::share(invoked)) {}

  const std::string& authority() const { return authority_; }
  void invoke() { invoked_->Invoke(this); }

  HRESULT STDMETHODCALLTYPE get_WebAccountProvider(IWebAccountProvider** value) override {
    if (value == nullptr) return E_POINTER;
    return provider_->QueryInterface(winrt::kIid<IWebAccountProvider>, reinterpret_cast<void**>(value));
  }
  HRESULT STDMETHODCALLTYPE get_Invoked(winrt::WebAccountProviderCommandInvokedHandler** value) override {
    return give(invoked_, value);
  }

 private:
  const std::string authority_;
  const ComPtr<Provider> provider_;
  const ComPtr<winrt::WebAccountProviderCommandInvokedHandler> invoked_;
};

class Deferral final : public Object<Threading::OneThread, winrt::IAccountsSettingsPaneEventDeferral> {
 public:
  explicit Deferral(std::function<void()> completed)
      : Object("Windows.UI.ApplicationSettings.AccountsSettingsPaneEventDeferral"),
        completed_(std::move(completed)) {}

  HRESULT STDMETHODCALLTYPE Complete() override {
    if (FAILED(check())) return check();
    Script::instance().log("pane.deferral.Complete");
    if (const auto completed = std::exchange(completed_, nullptr)) completed();
    return S_OK;
  }

 private:
  std::function<void()> completed_;
};

/** What a client fills when the pane asks for commands. `ready` is called once it has. */
class PaneArgs final : public Object<Threading::OneThread, IAccountsSettingsPaneCommandsRequestedEventArgs> {
 public:
  explicit PaneArgs(std::function<void()> ready)
      : Object("Windows.UI.ApplicationSettings.AccountsSettingsPaneCommandsRequestedEventArgs"),
        ready_(std::move(ready)) {}

  const std::string& headerText() const { return headerText_; }
  const std::vector<ComPtr<IWebAccountProviderCommand>>& commands() const { return commands_->items(); }
  void raised() {
    if (!deferred_) ready_();
  }

  HRESULT STDMETHODCALLTYPE
  get_WebAccountProviderCommands(winrt::IVector<IWebAccountProviderCommand>** value) override {
    return give(ComPtr<winrt::IVector<IWebAccountProviderCommand>>::share(commands_.get()), value);
  }
  HRESULT STDMETHODCALLTYPE get_WebAccountCommands(IInspectable** value) override {
    return empty<winrt::IWebAccountCommand>(value);
  }
  HRESULT STDMETHODCALLTYPE get_CredentialCommands(IInspectable** value) override {
    return empty<winrt::ICredentialCommand>(value);
  }
  HRESULT STDMETHODCALLTYPE get_Commands(IInspectable** value) override {
    return empty<winrt::ISettingsCommand>(value);
  }
  HRESULT STDMETHODCALLTYPE get_HeaderText(HSTRING* value) override { return giveText(headerText_, value); }
  HRESULT STDMETHODCALLTYPE put_HeaderText(HSTRING value) override {
    Script::instance().log("pane.put_HeaderText", Fields().text("text", textOf(value)));
    headerText_ = textOf(value);
    return check();
  }
  HRESULT STDMETHODCALLTYPE GetDeferral(winrt::IAccountsSettingsPaneEventDeferral** value) override {
    Script::instance().log("pane.GetDeferral");
    if (value == nullptr) return E_POINTER;
    deferred_ = true;
    *value = new Deferral(ready_);
    return S_OK;
  }

 private:
  template <class T>
  static HRESULT empty(IInspectable** value) {
    if (value == nullptr) return E_POINTER;
    *value = new Vector<T>();
    return S_OK;
  }

  const ComPtr<Vector<IWebAccountProviderCommand>> commands_ = make<Vector<IWebAccountProviderCommand>>();
  const std::function<void()> ready_;
  std::string headerText_;
  bool deferred_ = false;
};

class Pane;

/** The panes of windows. Panes are used on the threads of their windows. */
std::mutex panesMutex;
std::map<HWND, Pane*> panes;

class Pane final : public Object<Threading::OneThread, IAccountsSettingsPane, winrt::IWeakReferenceSource> {
 public:
  explicit Pane(HWND window)
      : Object("Windows.UI.ApplicationSettings.AccountsSettingsPane"),
        window_(window),
        self_(std::make_shared<Self>()) {
    self_->pane = this;
    std::lock_guard lock(panesMutex);
    panes[window] = this;
  }
  ~Pane() override {
    self_->pane = nullptr;
    std::lock_guard lock(panesMutex);
    panes.erase(window_);
  }

  ComPtr<winrt::PaneHandler> handler() const { return handler_; }

  HRESULT STDMETHODCALLTYPE add_AccountCommandsRequested(winrt::PaneHandler* handler,
                                                         EventRegistrationToken* token) override {
    Script::instance().log("pane.add_AccountCommandsRequested");
    if (handler == nullptr || token == nullptr) return E_POINTER;
    if (FAILED(check())) return check();
    handler_ = ComPtr<winrt::PaneHandler>::share(handler);
    token->value = ++lastToken_;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE remove_AccountCommandsRequested(EventRegistrationToken token) override {
    Script::instance().log("pane.remove_AccountCommandsRequested");
    if (FAILED(check())) return check();
    if (token.value == lastToken_) handler_.reset();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetWeakReference(winrt::IWeakReference** reference) override;

 private:
  struct Self {
    Pane* pane;
  };
  class WeakReference;

  const HWND window_;
  const std::shared_ptr<Self> self_;
  ComPtr<winrt::PaneHandler> handler_;
  std::int64_t lastToken_ = 0;
};

/** Good on the pane's thread only, where the pane is destroyed, too. */
class Pane::WeakReference final : public winrt::IWeakReference {
 public:
  explicit WeakReference(std::shared_ptr<Self> self) : self_(std::move(self)) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** object) override {
    const bool known =
        IsEqualGUID(id, winrt::kIid<IUnknown>) || IsEqualGUID(id, winrt::kIid<winrt::IWeakReference>);
    *object = known ? this : nullptr;
    if (!known) return E_NOINTERFACE;
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }
  HRESULT STDMETHODCALLTYPE Resolve(REFIID id, void** object) override {
    *object = nullptr;
    return self_->pane == nullptr ? S_OK : self_->pane->QueryInterface(id, object);
  }

 private:
  virtual ~WeakReference() = default;

  std::atomic<ULONG> references_{1};
  const std::shared_ptr<Self> self_;
};

HRESULT Pane::GetWeakReference(winrt::IWeakReference** reference) {
  if (reference == nullptr) return E_POINTER;
  *reference = new WeakReference(self_);
  return S_OK;
}

/** One showing of a pane, from the call to the user's choice. */
class Showing : public std::enable_shared_from_this<Showing> {
 public:
  Showing(ComPtr<Pane> pane, HWND window, ComPtr<AsyncAction> action)
      : pane_(std::move(pane)), window_(window), action_(std::move(action)) {}

  void start() {
    action_->onCancel([number = number_, weak = weak_from_this()] {
      Script::instance().tellCanceled(*number);
      if (const auto self = weak.lock()) self->letGo();
    });
    alive_ = shared_from_this();
    thread_.post([self = shared_from_this()] { self->raise(); });
  }

 private:
  void raise() {
    Script::instance().log("pane.raise AccountCommandsRequested");
    args_ = make<PaneArgs>([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->filled();
    });
    if (const auto handler = pane_->handler()) handler->Invoke(pane_.get(), args_.get());
    args_->raised();
  }

  /** Asks what the user does: not on this thread, which has messages to handle. */
  void filled() {
    Fields fields;
    std::vector<std::string> providers;
    for (const auto& command : args_->commands()) {
      providers.push_back(static_cast<ProviderCommand*>(command.get())->authority());
    }
    fields.texts("providers", providers);
    Fields alsoAsked = Fields().text("headerText", args_->headerText()).window("hwnd", window_);
    inBackground([self = shared_from_this(), fields, alsoAsked] {
      const auto chosen = [self](const Answer& answer) {
        self->thread_.post([self, answer] { self->end(answer); });
      };
      const auto answer = Script::instance().ask("pane.commands", fields, alsoAsked, *self->number_, chosen);
      if (answer) chosen(*answer);
    });
  }

  void end(const Answer& answer) {
    const auto commands = args_->commands();
    // What holds each other is let go of, on the thread it belongs to.
    args_.reset();
    pane_.reset();
    letGo();
    if (answer.failure) return action_->fail(*answer.failure);
    if (answer.canceled) return action_->cancelFromInside();
    if (answer.choice && *answer.choice < commands.size()) {
      static_cast<ProviderCommand*>(commands[*answer.choice].get())->invoke();
    }
    action_->complete({});
  }

  /** It has ended: nothing that is still to come matters. */
  void letGo() {
    thread_.drop();
    std::shared_ptr<Showing> last;
    std::lock_guard lock(mutex_);
    last.swap(alive_);
  }

  std::mutex mutex_;
  // Until its end, whether or not anything is under way.
  std::shared_ptr<Showing> alive_;
  ThreadWindow thread_;
  ComPtr<Pane> pane_;
  const HWND window_;
  const ComPtr<AsyncAction> action_;
  ComPtr<PaneArgs> args_;
  const std::shared_ptr<std::atomic<long long>> number_ = std::make_shared<std::atomic<long long>>(0);
};

bool isOnSta() {
  APTTYPE type = APTTYPE_CURRENT;
  APTTYPEQUALIFIER qualifier = APTTYPEQUALIFIER_NONE;
  return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && (type == APTTYPE_STA || type == APTTYPE_MAINSTA);
}

/** A pane belongs to an STA, and to a window of that thread. */
HRESULT checkThreadOf(HWND window) {
  if (!IsWindow(window)) return HRESULT_FROM_WIN32(ERROR_INVALID_WINDOW_HANDLE);
  if (!isOnSta()) return RPC_E_WRONG_THREAD;
  return GetWindowThreadProcessId(window, nullptr) == GetCurrentThreadId() ? S_OK : E_ACCESSDENIED;
}

class PaneFactory final
    : public Object<Threading::Agile, IActivationFactory, winrt::IAccountsSettingsPaneInterop> {
 public:
  PaneFactory() : Object("Windows.UI.ApplicationSettings.AccountsSettingsPane") {}

  HRESULT STDMETHODCALLTYPE ActivateInstance(IInspectable** instance) override {
    static_cast<void>(giveValue<IInspectable*>(nullptr, instance));
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE GetForWindow(HWND window, REFIID paneId, void** pane) override {
    wchar_t name[257];
    const int length = GetClassNameW(window, name, 257);
    DWORD process = 0;
    const DWORD thread = GetWindowThreadProcessId(window, &process);
    Script::instance().log(
        "pane.GetForWindow",
        Fields()
            .window("hwnd", window)
            .boolean("isWindow", IsWindow(window) != FALSE)
            .text("windowClass", broker::toUtf8(std::wstring_view(name, static_cast<std::size_t>(length))))
            .boolean("ownWindow", process == GetCurrentProcessId())
            .number("windowThread", thread)
            .guid("riid", paneId));
    if (pane == nullptr) return E_POINTER;
    *pane = nullptr;
    const HRESULT allowed = checkThreadOf(window);
    if (FAILED(allowed)) return allowed;
    ComPtr<Pane> known = paneOf(window);
    if (!known) known = make<Pane>(window);
    return known->QueryInterface(paneId, pane);
  }
  HRESULT STDMETHODCALLTYPE ShowManageAccountsForWindowAsync(HWND window, REFIID actionId,
                                                             void** action) override {
    return show("pane.ShowManageAccountsForWindowAsync", window, actionId, action);
  }
  HRESULT STDMETHODCALLTYPE ShowAddAccountForWindowAsync(HWND window, REFIID actionId,
                                                         void** action) override {
    return show("pane.ShowAddAccountForWindowAsync", window, actionId, action);
  }

 private:
  static ComPtr<Pane> paneOf(HWND window) {
    std::lock_guard lock(panesMutex);
    const auto found = panes.find(window);
    return ComPtr<Pane>::share(found == panes.end() ? nullptr : found->second);
  }

  static HRESULT show(const char* call, HWND window, REFIID actionId, void** action) {
    Script::instance().log(call, Fields().window("hwnd", window).guid("riid", actionId));
    if (action == nullptr) return E_POINTER;
    *action = nullptr;
    const HRESULT allowed = checkThreadOf(window);
    if (FAILED(allowed)) return allowed;
    ComPtr<Pane> pane = paneOf(window);
    if (!pane) return E_UNEXPECTED;
    auto made = ComPtr<AsyncAction>::adopt(new AsyncAction(call));
    const HRESULT known = made->QueryInterface(actionId, action);
    if (SUCCEEDED(known)) std::make_shared<Showing>(std::move(pane), window, made)->start();
    return known;
  }
};

class ProviderCommandFactory final
    : public Object<Threading::Agile, IActivationFactory, winrt::IWebAccountProviderCommandFactory> {
 public:
  ProviderCommandFactory() : Object("Windows.UI.ApplicationSettings.WebAccountProviderCommand") {}

  HRESULT STDMETHODCALLTYPE ActivateInstance(IInspectable** instance) override {
    static_cast<void>(giveValue<IInspectable*>(nullptr, instance));
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE CreateWebAccountProviderCommand(
      IWebAccountProvider* asked, winrt::WebAccountProviderCommandInvokedHandler* invoked,
      IWebAccountProviderCommand** command) override {
    Provider* provider = Provider::of(asked);
    Script::instance().log("WebAccountProviderCommand.Create",
                           Fields().text("provider", provider == nullptr ? "" : provider->data().authority));
    if (command == nullptr) return E_POINTER;
    *command = nullptr;
    if (provider == nullptr || invoked == nullptr) return E_INVALIDARG;
    *command = new ProviderCommand(provider, invoked);
    return S_OK;
  }
};

}  // namespace

ComPtr<IActivationFactory> makePaneFactory() {
  return ComPtr<IActivationFactory>::adopt(new PaneFactory());
}

ComPtr<IActivationFactory> makeProviderCommandFactory() {
  return ComPtr<IActivationFactory>::adopt(new ProviderCommandFactory());
}

}  // namespace fake_wam
