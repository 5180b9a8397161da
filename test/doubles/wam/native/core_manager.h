#pragma once

#include "win/com.h"

namespace fake_wam {

/** The activation factories of Windows.Security.Authentication.Web.Core. */
broker::ComPtr<IActivationFactory> makeCoreManagerFactory();
broker::ComPtr<IActivationFactory> makeTokenRequestFactory();

}  // namespace fake_wam
