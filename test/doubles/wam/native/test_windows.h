#pragma once

#include <napi.h>

namespace fake_wam {

/** Windows and apartments for tests: `openWindow`, `closeWindow`, `enterSta`. */
void defineTestWindows(Napi::Env env, Napi::Object& exports);

}  // namespace fake_wam
