// A client of the fake that knows nothing of the addon: it calls the interfaces as any program might, wrong
// ways included, and tells what comes back. JavaScript asks for one probe at a time and judges.
#include <napi.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "addon/js_thread.h"
#include "extra_abi.h"
#include "win/activation.h"
#include "win/com.h"
#include "win/hstring.h"

// Needs windows.h before it.
#include <objbase.h>

namespace {

using broker::ComPtr;
using broker::HString;
namespace winrt = broker::winrt;

/** What was seen, by what was done. */
class Findings {
 public:
  void result(const std::string& what, HRESULT value) {
    char text[sizeof("0x00000000")];
    std::snprintf(text, sizeof(text), "0x%08lx", static_cast<unsigned long>(value));
    entries_[what] = text;
  }
  void number(const std::string& what, long long value) { entries_[what] = std::to_string(value); }
  void text(const std::string& what, const HString& value) { entries_[what] = value.utf8(); }

  const std::map<std::string, std::string>& entries() const { return entries_; }

 private:
  std::map<std::string, std::string> entries_;
};

template <class T>
ComPtr<T> factory(const wchar_t* className) {
  ComPtr<T> found;
  broker::activationFactory(className, found);
  return found;
}

auto manager() {
  return factory<winrt::IWebAuthenticationCoreManagerStatics>(broker::runtime_class::kCoreManager);
}

/** Waits for the end of an operation and counts how often its handler is called. */
template <class T>
class Ending {
 public:
  using Handler = winrt::AsyncOperationCompletedHandler<T>;

  Ending() : event_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
    handler_ = broker::Delegate<Handler, winrt::IAsyncOperation<T>*, winrt::AsyncStatus>::make(
        [this](winrt::IAsyncOperation<T>*, winrt::AsyncStatus status) {
          ++calls;
          thread = GetCurrentThreadId();
          last = static_cast<int>(status);
          SetEvent(event_);
          return S_OK;
        });
  }
  ~Ending() { CloseHandle(event_); }

  Handler* handler() const { return handler_.get(); }
  void wait() const { WaitForSingleObject(event_, 20'000); }

  std::atomic<int> calls{0};
  std::atomic<int> last{0};
  std::atomic<DWORD> thread{0};

 private:
  const HANDLE event_;
  ComPtr<Handler> handler_;
};

template <class T>
ComPtr<T> resultOf(const ComPtr<winrt::IAsyncOperation<T>>& operation) {
  Ending<T> ending;
  ComPtr<T> result;
  if (!operation || FAILED(operation->put_Completed(ending.handler()))) return result;
  ending.wait();
  operation->GetResults(result.put());
  return result;
}

ComPtr<winrt::IWebAccountProvider> findProvider() {
  ComPtr<winrt::ProviderOperation> operation;
  manager()->FindAccountProviderAsync(HString("https://login.windows.local").get(), operation.put());
  return resultOf(operation);
}

ComPtr<winrt::IWebAccount> findAccount(const ComPtr<winrt::IWebAccountProvider>& provider) {
  ComPtr<winrt::AccountOperation> operation;
  manager()->FindAccountAsync(provider.get(), HString("id").get(), operation.put());
  return resultOf(operation);
}

ComPtr<winrt::IWebTokenRequest> makeRequest(const ComPtr<winrt::IWebAccountProvider>& provider) {
  ComPtr<winrt::IWebTokenRequest> request;
  factory<winrt::IWebTokenRequestFactory>(broker::runtime_class::kTokenRequest)
      ->Create(provider.get(), HString("scope").get(), HString("client").get(), request.put());
  return request;
}

void probeArguments(Findings& found) {
  const auto statics = manager();
  const auto requests = factory<winrt::IWebTokenRequestFactory>(broker::runtime_class::kTokenRequest);
  const auto provider = findProvider();
  const auto request = makeRequest(provider);
  ComPtr<winrt::IWebAuthenticationCoreManagerStatics4> statics4;
  ComPtr<winrt::IWebAuthenticationCoreManagerInterop> interop;
  statics.as(statics4);
  statics.as(interop);
  const HString text("text");
  ComPtr<winrt::AccountOperation> account;
  ComPtr<winrt::AccountsOperation> accounts;
  ComPtr<winrt::TokenOperation> token;
  ComPtr<winrt::IWebTokenRequest> made;
  found.result("FindAccountAsync, no provider",
               statics->FindAccountAsync(nullptr, text.get(), account.put()));
  found.result("FindAllAccountsAsync, no provider", statics4->FindAllAccountsAsync(nullptr, accounts.put()));
  found.result("Create, no provider", requests->Create(nullptr, text.get(), text.get(), made.put()));
  found.result("CreateWithPromptType, unknown type",
               requests->CreateWithPromptType(provider.get(), text.get(), text.get(), 7, made.put()));
  found.result("Create, nowhere to", requests->Create(provider.get(), text.get(), text.get(), nullptr));
  found.result("GetTokenSilentlyAsync, no request", statics->GetTokenSilentlyAsync(nullptr, token.put()));
  found.result("GetTokenSilentlyAsync, nowhere to", statics->GetTokenSilentlyAsync(request.get(), nullptr));
  found.result("GetTokenSilentlyWithWebAccountAsync, no account",
               statics->GetTokenSilentlyWithWebAccountAsync(request.get(), nullptr, token.put()));
  found.result("RequestTokenForWindowAsync, no window",
               interop->RequestTokenForWindowAsync(nullptr, request.get(), winrt::kIid<winrt::TokenOperation>,
                                                   token.putVoid()));
  found.result("RequestTokenForWindowAsync, another operation",
               interop->RequestTokenForWindowAsync(GetDesktopWindow(), request.get(),
                                                   winrt::kIid<winrt::ProviderOperation>, token.putVoid()));
  found.result("RequestTokenForWindowAsync, a provider for a request",
               interop->RequestTokenForWindowAsync(GetDesktopWindow(), provider.get(),
                                                   winrt::kIid<winrt::TokenOperation>, token.putVoid()));
  const auto panes = factory<winrt::IAccountsSettingsPaneInterop>(broker::runtime_class::kSettingsPane);
  ComPtr<winrt::IAccountsSettingsPane> pane;
  found.result(
      "GetForWindow, not on an STA",
      panes->GetForWindow(GetDesktopWindow(), winrt::kIid<winrt::IAccountsSettingsPane>, pane.putVoid()));
  found.result("GetForWindow, no window",
               panes->GetForWindow(nullptr, winrt::kIid<winrt::IAccountsSettingsPane>, pane.putVoid()));
}

/** The states of an operation that the script leaves pending. */
void probeStates(Findings& found) {
  ComPtr<winrt::TokenOperation> operation;
  manager()->GetTokenSilentlyAsync(makeRequest(findProvider()).get(), operation.put());
  ComPtr<winrt::IAsyncInfo> info;
  operation.as(info);
  ComPtr<winrt::IWebTokenRequestResult> result;
  Ending<winrt::IWebTokenRequestResult> ending;
  auto status = winrt::AsyncStatus::Error;
  HRESULT error = E_FAIL;
  info->get_Status(&status);
  found.number("status before", static_cast<int>(status));
  found.result("results before the end", operation->GetResults(result.put()));
  found.result("close before the end", info->Close());
  found.result("handler", operation->put_Completed(ending.handler()));
  found.result("second handler", operation->put_Completed(ending.handler()));
  found.result("cancel", info->Cancel());
  ending.wait();
  found.result("second cancel", info->Cancel());
  info->get_Status(&status);
  found.number("status after", static_cast<int>(status));
  found.number("handler calls", ending.calls);
  found.number("handler status", ending.last);
  info->get_ErrorCode(&error);
  found.result("error after", error);
  found.result("results after", operation->GetResults(result.put()));
  found.result("close", info->Close());
  found.result("status of a closed one", info->get_Status(&status));
}

/** Operations that the script answers: late, and at once. */
void probeEndings(Findings& found) {
  ComPtr<winrt::TokenOperation> operation;
  manager()->GetTokenSilentlyAsync(makeRequest(findProvider()).get(), operation.put());
  Ending<winrt::IWebTokenRequestResult> ending;
  operation->put_Completed(ending.handler());
  ending.wait();
  ComPtr<winrt::IWebTokenRequestResult> result;
  found.result("results", operation->GetResults(result.put()));
  found.number("on the caller's thread", ending.thread == GetCurrentThreadId());
  ComPtr<winrt::IAsyncInfo> info;
  operation.as(info);
  found.result("cancel after the end", info->Cancel());
  found.number("handler calls", ending.calls);

  ComPtr<winrt::ProviderOperation> immediate;
  manager()->FindAccountProviderWithAuthorityAsync(HString("x").get(), HString("y").get(), immediate.put());
  immediate.as(info);
  auto status = winrt::AsyncStatus::Started;
  info->get_Status(&status);
  found.number("status of one that is over at once", static_cast<int>(status));
  Ending<winrt::IWebAccountProvider> inside;
  immediate->put_Completed(inside.handler());
  found.number("its handler's calls when put_Completed returns", inside.calls);
  found.number("its handler is called on the caller's thread", inside.thread == GetCurrentThreadId());
}

/** One operation, which may fail. */
void probeFailure(Findings& found) {
  ComPtr<winrt::ProviderOperation> operation;
  found.result("call", manager()->FindAccountProviderAsync(HString("x").get(), operation.put()));
  Ending<winrt::IWebAccountProvider> ending;
  operation->put_Completed(ending.handler());
  ending.wait();
  found.number("handler status", ending.last);
  ComPtr<winrt::IAsyncInfo> info;
  operation.as(info);
  HRESULT error = S_OK;
  info->get_ErrorCode(&error);
  found.result("error", error);
  ComPtr<winrt::IWebAccountProvider> provider;
  found.result("results", operation->GetResults(provider.put()));
}

template <class I, class T>
void probeInterface(Findings& found, const std::string& name, const ComPtr<T>& object) {
  ComPtr<I> other;
  found.result(name, object->QueryInterface(winrt::kIid<I>, other.putVoid()));
}

template <class T>
void probeObject(Findings& found, const std::string& name, const ComPtr<T>& object) {
  HString className;
  object->GetRuntimeClassName(className.put());
  found.text(name + " class", className);
  ULONG count = 0;
  IID* ids = nullptr;
  if (SUCCEEDED(object->GetIids(&count, &ids))) CoTaskMemFree(ids);
  found.number(name + " interfaces", count);
  constexpr GUID kMarshal = winrt::guid("00000003-0000-0000-c000-000000000046");
  ComPtr<IUnknown> other;
  probeInterface<winrt::IAgileObject>(found, name + " agile", object);
  found.result(name + " marshal", object->QueryInterface(kMarshal, other.putVoid()));
  probeInterface<winrt::IWeakReference>(found, name + " something else", object);
}

void probeObjects(Findings& found) {
  const auto provider = findProvider();
  const auto account = findAccount(provider);
  const auto request = makeRequest(provider);
  probeObject(found, "manager", manager());
  probeObject(found, "provider", provider);
  probeObject(found, "account", account);
  probeObject(found, "request", request);
  probeInterface<winrt::IWebAccountProvider3>(found, "provider user", provider);
  probeInterface<winrt::IWebAccountProvider4>(found, "provider system", provider);
  probeInterface<winrt::IWebTokenRequest2>(found, "request 2", request);
  probeInterface<winrt::IWebTokenRequest3>(found, "request 3", request);

  ComPtr<winrt::StringMap> map;
  request->get_Properties(map.put());
  const HString key("key");
  const HString value("value");
  HString read;
  boolean flag = TRUE;
  UINT32 size = 0;
  found.result("insert", map->Insert(key.get(), value.get(), &flag));
  found.number("replaced", flag);
  map->Insert(key.get(), value.get(), &flag);
  found.number("replaced then", flag);
  found.result("look up", map->Lookup(key.get(), read.put()));
  found.text("looked up", read);
  found.result("look up in vain", map->Lookup(value.get(), read.put()));
  map->HasKey(value.get(), &flag);
  found.number("has it", flag);
  ComPtr<winrt::StringMapView> view;
  map->GetView(view.put());
  found.result("remove", map->Remove(key.get()));
  found.result("remove in vain", map->Remove(key.get()));
  map->get_Size(&size);
  found.number("left", size);
  view->get_Size(&size);
  found.number("in the view from before", size);
  ComPtr<winrt::IIterable<winrt::StringPair>> iterable;
  ComPtr<winrt::IIterator<winrt::StringPair>> iterator;
  ComPtr<winrt::StringPair> pair;
  map.as(iterable);
  iterable->First(iterator.put());
  found.result("current of nothing", iterator->get_Current(pair.put()));
}

ComPtr<winrt::IWebTokenRequestResult> getToken() {
  ComPtr<winrt::TokenOperation> operation;
  manager()->GetTokenSilentlyAsync(makeRequest(findProvider()).get(), operation.put());
  return resultOf(operation);
}

void probeLists(Findings& found) {
  ComPtr<winrt::IVectorView<winrt::IWebTokenResponse>> list;
  getToken()->get_ResponseData(list.put());
  UINT32 size = 0;
  list->get_Size(&size);
  found.number("size", size);
  ComPtr<winrt::IWebTokenResponse> item;
  found.result("item", list->GetAt(0, item.put()));
  boolean flag = FALSE;
  UINT32 index = 9;
  list->IndexOf(item.get(), &index, &flag);
  found.number("found", flag);
  found.number("at", index);
  ComPtr<winrt::IWebTokenResponse> beyond;
  found.result("beyond the end", list->GetAt(size, beyond.put()));
  ComPtr<winrt::IIterable<winrt::IWebTokenResponse>> iterable;
  ComPtr<winrt::IIterator<winrt::IWebTokenResponse>> iterator;
  found.result("iterable", list.as(iterable));
  iterable->First(iterator.put());
  iterator->MoveNext(&flag);
  found.number("another", flag);
}

/** What a C++/WinRT program does with a pane: no deferral, a weak reference, a look at every list. */
void probePane(Findings& found) {
  CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
  const HWND window = CreateWindowExW(0, L"STATIC", L"", WS_POPUP, 0, 0, 1, 1, nullptr, nullptr,
                                      GetModuleHandleW(nullptr), nullptr);
  {
    const auto panes = factory<winrt::IAccountsSettingsPaneInterop>(broker::runtime_class::kSettingsPane);
    const auto commands =
        factory<winrt::IWebAccountProviderCommandFactory>(broker::runtime_class::kProviderCommand);
    const auto provider = findProvider();
    ComPtr<winrt::IAsyncAction> action;
    found.result(
        "show before there is a pane",
        panes->ShowManageAccountsForWindowAsync(window, winrt::kIid<winrt::IAsyncAction>, action.putVoid()));
    ComPtr<winrt::IAccountsSettingsPane> foreign;
    found.result("a window of another thread",
                 panes->GetForWindow(GetDesktopWindow(), winrt::kIid<winrt::IAccountsSettingsPane>,
                                     foreign.putVoid()));
    ComPtr<winrt::IAccountsSettingsPane> pane;
    ComPtr<winrt::IAccountsSettingsPane> again;
    found.result("pane",
                 panes->GetForWindow(window, winrt::kIid<winrt::IAccountsSettingsPane>, pane.putVoid()));
    panes->GetForWindow(window, winrt::kIid<winrt::IAccountsSettingsPane>, again.putVoid());
    found.number("the same again", pane.get() == again.get());
    again.reset();
    probeInterface<winrt::IAgileObject>(found, "pane agile", pane);

    ComPtr<winrt::IWeakReferenceSource> source;
    ComPtr<winrt::IWeakReference> weak;
    pane.as(source);
    source->GetWeakReference(weak.put());
    ComPtr<IUnknown> resolved;
    weak->Resolve(winrt::kIid<winrt::IAccountsSettingsPane>, resolved.putVoid());
    found.number("weak reference while it lives", static_cast<bool>(resolved));
    resolved.reset();

    int chosen = -1;
    auto invoked =
        broker::Delegate<winrt::WebAccountProviderCommandInvokedHandler,
                         winrt::IWebAccountProviderCommand*>::make([&](winrt::IWebAccountProviderCommand*) {
          chosen = 1;
          return S_OK;
        });
    auto fill = broker::Delegate<winrt::PaneHandler, winrt::IAccountsSettingsPane*,
                                 winrt::IAccountsSettingsPaneCommandsRequestedEventArgs*>::
        make(
            [&](winrt::IAccountsSettingsPane*, winrt::IAccountsSettingsPaneCommandsRequestedEventArgs* args) {
              ComPtr<IInspectable> list;
              found.result("other accounts", args->get_WebAccountCommands(list.put()));
              found.result("other credentials", args->get_CredentialCommands(list.put()));
              found.result("other commands", args->get_Commands(list.put()));
              args->put_HeaderText(HString("head").get());
              HString head;
              args->get_HeaderText(head.put());
              found.text("head", head);
              ComPtr<winrt::IVector<winrt::IWebAccountProviderCommand>> offered;
              args->get_WebAccountProviderCommands(offered.put());
              found.result("nothing appended", offered->Append(nullptr));
              ComPtr<winrt::IWebAccountProviderCommand> command;
              found.result("command of nobody",
                           commands->CreateWebAccountProviderCommand(nullptr, invoked.get(), command.put()));
              commands->CreateWebAccountProviderCommand(provider.get(), invoked.get(), command.put());
              return offered->Append(command.get());
            });
    EventRegistrationToken token{};
    pane->add_AccountCommandsRequested(fill.get(), &token);
    found.result("show", panes->ShowAddAccountForWindowAsync(window, winrt::kIid<winrt::IAsyncAction>,
                                                             action.putVoid()));
    bool over = false;
    auto ended =
        broker::Delegate<winrt::AsyncActionCompletedHandler, winrt::IAsyncAction*, winrt::AsyncStatus>::make(
            [&](winrt::IAsyncAction*, winrt::AsyncStatus status) {
              over = true;
              found.number("ended", static_cast<int>(status));
              return S_OK;
            });
    action->put_Completed(ended.get());
    MSG message;
    while (!over && GetMessageW(&message, nullptr, 0, 0) > 0) DispatchMessageW(&message);
    found.number("chosen", chosen);
    found.result("result", action->GetResults());
    pane->remove_AccountCommandsRequested(token);
    action.reset();
    source.reset();
    pane.reset();
    // What the fake still has to do on this thread.
    while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
    weak->Resolve(winrt::kIid<winrt::IAccountsSettingsPane>, resolved.putVoid());
    found.number("weak reference afterwards", static_cast<bool>(resolved));
  }
  DestroyWindow(window);
  CoUninitialize();
}

const std::map<std::string, void (*)(Findings&)> probes = {
    {"arguments", &probeArguments}, {"states", &probeStates},   {"endings", &probeEndings},
    {"failure", &probeFailure},     {"objects", &probeObjects}, {"lists", &probeLists},
    {"pane", &probePane},
};

struct Run {
  void (*probe)(Findings&);
  std::shared_ptr<broker::JsThread> thread;
  std::shared_ptr<Napi::FunctionReference> done;
};

DWORD WINAPI runProbe(void* context) {
  const std::unique_ptr<Run> run(static_cast<Run*>(context));
  auto found = std::make_shared<Findings>();
  run->probe(*found);
  // The function's last reference must go on the JavaScript thread.
  const auto thread = run->thread;
  thread->post([thread, done = std::exchange(run->done, nullptr), found](Napi::Env env) {
    Napi::Object object = Napi::Object::New(env);
    for (const auto& [what, value] : found->entries()) object.Set(what, value);
    thread->release(env);
    done->Call({object});
  });
  return 0;
}

/** probe(name, done): runs on a thread of its own, and calls done with what was seen. Keeps no process alive.
 */
void probe(const Napi::CallbackInfo& info) {
  const auto thread = broker::JsThread::create(info.Env());
  CO_MTA_USAGE_COOKIE cookie;
  CoIncrementMTAUsage(&cookie);
  const auto found = probes.find(info[0].ToString().Utf8Value());
  if (found == probes.end()) return;
  thread->hold(info.Env());
  auto done = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[1].As<Napi::Function>()));
  auto run = std::make_unique<Run>(Run{found->second, thread, std::move(done)});
  CloseHandle(CreateThread(nullptr, 0, &runProbe, run.release(), 0, nullptr));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("probe", Napi::Function::New<&probe>(env));
  return exports;
}

NODE_API_MODULE(abi_client, initialize)

}  // namespace
