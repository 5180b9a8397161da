# All of the Windows addon but where activation factories come from: system_activation.cc, or a double in tests.
set(BROKER_WIN_SOURCES
  ${BROKER_NATIVE_DIR}/win/account_picker.cc
  ${BROKER_NATIVE_DIR}/win/async_operation.cc
  ${BROKER_NATIVE_DIR}/win/hstring.cc
  ${BROKER_NATIVE_DIR}/win/interactive_turns.cc
  ${BROKER_NATIVE_DIR}/win/operation.cc
  ${BROKER_NATIVE_DIR}/win/wam_values.cc
  ${BROKER_NATIVE_DIR}/win/web_account_manager.cc
  ${BROKER_NATIVE_DIR}/win/win_failure.cc
  ${BROKER_NATIVE_DIR}/win/window_facts.cc
  ${BROKER_NATIVE_DIR}/win/worker_threads.cc
  ${BROKER_NATIVE_DIR}/win/node/addon.cc
  ${BROKER_NATIVE_DIR}/win/node/environment.cc
  ${BROKER_NATIVE_DIR}/win/node/js_values.cc
  ${BROKER_NATIVE_DIR}/win/node/operations.cc
  ${BROKER_NATIVE_DIR}/win/node/wam_requests.cc)
