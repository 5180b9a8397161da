#pragma once

#include "win/com.h"

namespace fake_wam {

/** The activation factories of Windows.UI.ApplicationSettings. */
broker::ComPtr<IActivationFactory> makePaneFactory();
broker::ComPtr<IActivationFactory> makeProviderCommandFactory();

}  // namespace fake_wam
