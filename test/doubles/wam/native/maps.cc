#include "maps.h"

namespace fake_wam {
namespace {

class Pair final : public Object<Threading::Agile, winrt::StringPair> {
 public:
  Pair(std::string key, std::string value)
      : Object("Windows.Foundation.Collections.IKeyValuePair`2<String, String>"),
        key_(std::move(key)),
        value_(std::move(value)) {}

  HRESULT STDMETHODCALLTYPE get_Key(HSTRING* value) override { return giveText(key_, value); }
  HRESULT STDMETHODCALLTYPE get_Value(HSTRING* value) override { return giveText(value_, value); }

 private:
  const std::string key_;
  const std::string value_;
};

HRESULT lookUp(const char* on, const StringRecord& content, HSTRING key, HSTRING* value) {
  const auto entry = content.find(textOf(key));
  const bool found = entry != content.end();
  Script::instance().log("map.Lookup",
                         Fields().text("on", on).text("key", textOf(key)).boolean("found", found));
  return found ? giveText(entry->second, value) : kBounds;
}

HRESULT hasKey(const char* on, const StringRecord& content, HSTRING key, boolean* result) {
  const bool found = content.count(textOf(key)) != 0;
  Script::instance().log("map.HasKey",
                         Fields().text("on", on).text("key", textOf(key)).boolean("found", found));
  return giveValue<boolean>(found, result);
}

HRESULT first(const char* on, const StringRecord& content, winrt::IIterator<winrt::StringPair>** value) {
  Script::instance().log("map.First", Fields().text("on", on));
  if (value == nullptr) return E_POINTER;
  std::vector<ComPtr<winrt::StringPair>> pairs;
  for (const auto& [key, text] : content)
    pairs.push_back(ComPtr<winrt::StringPair>::adopt(new Pair(key, text)));
  *value = new Iterator<winrt::StringPair>(std::move(pairs));
  return S_OK;
}

}  // namespace

StringMapObject::StringMapObject(const char* on, StringRecord content)
    : Object("Windows.Foundation.Collections.IMap`2<String, String>"),
      on_(on),
      content_(std::move(content)) {}

StringRecord StringMapObject::content() const {
  std::lock_guard lock(mutex_);
  return content_;
}

HRESULT StringMapObject::Lookup(HSTRING key, HSTRING* value) {
  return lookUp(on_, content(), key, value);
}

HRESULT StringMapObject::get_Size(UINT32* value) {
  return giveValue(static_cast<UINT32>(content().size()), value);
}

HRESULT StringMapObject::HasKey(HSTRING key, boolean* found) {
  return hasKey(on_, content(), key, found);
}

HRESULT StringMapObject::GetView(winrt::StringMapView** value) {
  if (value == nullptr) return E_POINTER;
  *value = new StringMapViewObject(on_, content());
  return S_OK;
}

HRESULT StringMapObject::Insert(HSTRING key, HSTRING value, boolean* replaced) {
  Script::instance().log("map.Insert",
                         Fields().text("on", on_).text("key", textOf(key)).text("value", textOf(value)));
  std::lock_guard lock(mutex_);
  const bool isNew = content_.insert_or_assign(textOf(key), textOf(value)).second;
  return giveValue<boolean>(!isNew, replaced);
}

HRESULT StringMapObject::Remove(HSTRING key) {
  std::lock_guard lock(mutex_);
  return content_.erase(textOf(key)) == 0 ? kBounds : S_OK;
}

HRESULT StringMapObject::Clear() {
  std::lock_guard lock(mutex_);
  content_.clear();
  return S_OK;
}

HRESULT StringMapObject::First(winrt::IIterator<winrt::StringPair>** value) {
  return first(on_, content(), value);
}

StringMapViewObject::StringMapViewObject(const char* on, StringRecord content)
    : Object("Windows.Foundation.Collections.IMapView`2<String, String>"),
      on_(on),
      content_(std::move(content)) {}

HRESULT StringMapViewObject::Lookup(HSTRING key, HSTRING* value) {
  return lookUp(on_, content_, key, value);
}

HRESULT StringMapViewObject::get_Size(UINT32* value) {
  return giveValue(static_cast<UINT32>(content_.size()), value);
}

HRESULT StringMapViewObject::HasKey(HSTRING key, boolean* found) {
  return hasKey(on_, content_, key, found);
}

HRESULT StringMapViewObject::Split(winrt::StringMapView** first, winrt::StringMapView** second) {
  // Allowed: a view that cannot be split gives none.
  if (first == nullptr || second == nullptr) return E_POINTER;
  *first = nullptr;
  *second = nullptr;
  return S_OK;
}

HRESULT StringMapViewObject::First(winrt::IIterator<winrt::StringPair>** value) {
  return first(on_, content_, value);
}

}  // namespace fake_wam
