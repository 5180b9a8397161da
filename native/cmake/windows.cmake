# What only Windows needs: the import library that stands for the host program, and how its binaries are hardened.
# The same sources are built by mingw-w64 (here, cross) and by MSVC (what is published).

if(MSVC)
  # The C runtime is linked in: nothing has to be installed beside Node.js.
  set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded")
  # CMake's own defaults for these, which the addons do without.
  string(REGEX REPLACE "/(EHsc|GR)" "" CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS}")
endif()

# An import library of Node-API's functions, made from the list that node-api-headers carries. CMAKE_JS_NODELIB_DEF is
# set by cmake-js and by scripts/build-native-win.mjs.
function(broker_link_host target)
  if(MSVC)
    set(library ${CMAKE_BINARY_DIR}/node.lib)
    separate_arguments(machine NATIVE_COMMAND "${CMAKE_STATIC_LINKER_FLAGS}")
    set(make_library ${CMAKE_AR} /nologo /def:${CMAKE_JS_NODELIB_DEF} /out:${library} ${machine})
    target_link_options(${target} PRIVATE /DELAYLOAD:NODE.EXE)
    target_link_libraries(${target} PRIVATE ${library} delayimp)
  else()
    # mingw's own spelling of a library that is loaded late.
    set(library ${CMAKE_BINARY_DIR}/libnode.a)
    set(make_library ${CMAKE_DLLTOOL} --input-def ${CMAKE_JS_NODELIB_DEF} --output-delaylib ${library})
    target_link_libraries(${target} PRIVATE ${library})
  endif()
  execute_process(COMMAND ${make_library} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "The import library of Node-API could not be made:\n${output}")
  endif()
  target_sources(${target} PRIVATE ${BROKER_NATIVE_DIR}/win/delay_load.cc)
endfunction()

function(broker_harden target)
  broker_link_host(${target})
  target_compile_definitions(${target} PRIVATE
    UNICODE _UNICODE NOMINMAX WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00)
  if(MSVC)
    target_compile_definitions(${target} PRIVATE _HAS_EXCEPTIONS=0)
    # 4577: that noexcept promises nothing without exceptions, which is so.
    target_compile_options(${target} PRIVATE
      /W4 /WX /wd4577 /permissive- /utf-8 /Zc:__cplusplus /GR- /GS /sdl /guard:cf /Qspectre /O2)
    target_link_options(${target} PRIVATE
      /WX /guard:cf /DYNAMICBASE /NXCOMPAT /OPT:REF /OPT:ICF /INCREMENTAL:NO
      # The same sources give the same file.
      /Brepro
      # Libraries of Windows come from System32 only.
      /DEPENDENTLOADFLAG:0x800)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
      target_link_options(${target} PRIVATE /HIGHENTROPYVA)
    endif()
  else()
    target_compile_options(${target} PRIVATE
      -ffunction-sections -fdata-sections -O2 -fstack-protector-strong
      -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    target_link_options(${target} PRIVATE
      # libstdc++, winpthreads and libgcc linked in: nothing has to be installed beside Node.js.
      -static
      -Wl,--dynamicbase -Wl,--nxcompat -Wl,--high-entropy-va
      # Brings what the compiler option of that name calls.
      -fstack-protector-strong
      -Wl,--gc-sections -Wl,--strip-all
      # The same sources give the same file.
      -Wl,--no-insert-timestamp)
  endif()
  # The umbrella libraries of WinRT, COM, windows and tokens.
  target_link_libraries(${target} PRIVATE runtimeobject ole32 user32 advapi32)
endfunction()
