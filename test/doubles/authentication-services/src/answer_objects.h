#pragma once

#import <Foundation/Foundation.h>

#include <string>

#include "extension.h"

namespace broker_double {

/** What the delegate is called with: an ASAuthorization, or an NSError. Autoreleased. */
id answerObject(const std::string& json);

/** An error of AuthenticationServices itself, on the main run loop. */
Answer appleError(int code);

}  // namespace broker_double
