// An addon that does nothing: what loading any addon costs.
#define NAPI_VERSION 8
#include <node_api.h>

NAPI_MODULE_INIT() {
  (void)env;
  return exports;
}
