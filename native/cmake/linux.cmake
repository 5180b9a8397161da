# How the binaries of Linux are hardened.

include(${CMAKE_CURRENT_LIST_DIR}/instrument.cmake)

function(broker_harden target)
  broker_instrument(${target})
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(${target} PRIVATE
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
    # A worker that ends unloads its addons; code of ours may still be on a stack then.
    -Wl,-z,nodelete
    -Wl,--as-needed -Wl,--gc-sections
    -Wl,--version-script=${BROKER_NATIVE_DIR}/cmake/exports.map)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${BROKER_NATIVE_DIR}/cmake/exports.map)
  if(NOT BROKER_SANITIZE AND NOT BROKER_SANITIZE_THREAD)
    target_link_options(${target} PRIVATE -static-libgcc -static-libstdc++)
  endif()
endfunction()
