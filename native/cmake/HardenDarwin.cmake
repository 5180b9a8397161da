# dyld never unloads an image that holds Objective-C classes, so nothing is needed for workers that end.
function(broker_harden target)
  target_link_options(${target} PRIVATE
    # Node-API comes from the program that loads the addon.
    -Wl,-undefined,dynamic_lookup
    -Wl,-dead_strip
    -Wl,-exported_symbols_list,${BROKER_NATIVE_DIR}/cmake/exports-darwin.txt)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${BROKER_NATIVE_DIR}/cmake/exports-darwin.txt)
  if(NOT BROKER_SANITIZE AND NOT BROKER_SANITIZE_THREAD)
    target_compile_options(${target} PRIVATE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endfunction()
