#pragma once

#include <mutex>

#include "objects.h"

namespace fake_wam {

/** A map of strings that clients may change. `on` is what the log calls it. */
class StringMapObject final
    : public Object<Threading::Agile, winrt::StringMap, winrt::IIterable<winrt::StringPair>> {
 public:
  StringMapObject(const char* on, StringRecord content);

  StringRecord content() const;

  HRESULT STDMETHODCALLTYPE Lookup(HSTRING key, HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_Size(UINT32* value) override;
  HRESULT STDMETHODCALLTYPE HasKey(HSTRING key, boolean* found) override;
  HRESULT STDMETHODCALLTYPE GetView(winrt::StringMapView** value) override;
  HRESULT STDMETHODCALLTYPE Insert(HSTRING key, HSTRING value, boolean* replaced) override;
  HRESULT STDMETHODCALLTYPE Remove(HSTRING key) override;
  HRESULT STDMETHODCALLTYPE Clear() override;
  HRESULT STDMETHODCALLTYPE First(winrt::IIterator<winrt::StringPair>** value) override;

 private:
  const char* const on_;
  mutable std::mutex mutex_;
  StringRecord content_;
};

class StringMapViewObject final
    : public Object<Threading::Agile, winrt::StringMapView, winrt::IIterable<winrt::StringPair>> {
 public:
  StringMapViewObject(const char* on, StringRecord content);

  HRESULT STDMETHODCALLTYPE Lookup(HSTRING key, HSTRING* value) override;
  HRESULT STDMETHODCALLTYPE get_Size(UINT32* value) override;
  HRESULT STDMETHODCALLTYPE HasKey(HSTRING key, boolean* found) override;
  HRESULT STDMETHODCALLTYPE Split(winrt::StringMapView** first, winrt::StringMapView** second) override;
  HRESULT STDMETHODCALLTYPE First(winrt::IIterator<winrt::StringPair>** value) override;

 private:
  const char* const on_;
  const StringRecord content_;
};

}  // namespace fake_wam
