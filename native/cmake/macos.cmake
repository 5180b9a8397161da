# How the binaries of macOS are hardened. dyld never unloads an image that holds Objective-C classes, so nothing is
# needed for workers that end.

include(${CMAKE_CURRENT_LIST_DIR}/instrument.cmake)

function(broker_harden target)
  broker_instrument(${target})
  target_link_options(${target} PRIVATE
    -Wl,-dead_strip
    -Wl,-exported_symbols_list,${BROKER_NATIVE_DIR}/cmake/exports-macos.txt)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${BROKER_NATIVE_DIR}/cmake/exports-macos.txt)
  # Node-API comes from the program that loads the addon, and nothing else does: a name that is misspelt or missing
  # anywhere else fails here, not on somebody's machine. node-api-headers lists it for Windows' linker.
  foreach(folder IN LISTS CMAKE_JS_INC)
    file(GLOB lists "${folder}/../def/*node_api.def" "${folder}/../def/js_native_api.def")
    foreach(list IN LISTS lists)
      file(STRINGS "${list}" names REGEX "^n(api|ode_api)_")
      list(TRANSFORM names PREPEND "-Wl,-U,_")
      target_link_options(${target} PRIVATE ${names})
    endforeach()
  endforeach()
endfunction()
