# How the binaries of Linux are hardened.

function(broker_harden target)
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(${target} PRIVATE
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
    # A worker that ends unloads its addons; code of ours may still be on a stack then.
    -Wl,-z,nodelete
    -Wl,--as-needed -Wl,--gc-sections
    -Wl,--version-script=${BROKER_NATIVE_DIR}/cmake/exports.map)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${BROKER_NATIVE_DIR}/cmake/exports.map)
  if(BROKER_SANITIZE OR BROKER_SANITIZE_THREAD)
    if(BROKER_SANITIZE_THREAD)
      set(sanitizers -fsanitize=thread)
    else()
      set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
    endif()
    # With the symbols and frames that reports are made of, and the RTTI that UBSan's vptr check needs.
    target_compile_options(${target} PRIVATE ${sanitizers} -O1 -g -fno-omit-frame-pointer -frtti)
    target_link_options(${target} PRIVATE ${sanitizers})
  else()
    target_compile_options(${target} PRIVATE
      -O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    target_link_options(${target} PRIVATE -static-libgcc -static-libstdc++)
  endif()
endfunction()
