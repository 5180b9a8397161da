#pragma once

#import <Foundation/Foundation.h>

#include <vector>

#include "mac/sso_extension.h"

namespace broker {

/** The entries of a dictionary that can be told as text; see `NativeErrorLink.userInfo` of @x/broker-mac. */
TextPairs textPairs(NSDictionary* dictionary);

/** An error and those beneath it. Empty for nil. */
std::vector<ErrorLink> errorChain(NSError* error);

}  // namespace broker
