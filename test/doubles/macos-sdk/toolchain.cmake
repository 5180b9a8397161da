# clang and lld as a cross-compiler for macOS. Told by the caller: BROKER_CROSS_ARCH (arm64 or x86_64), BROKER_LLVM_VERSION.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR ${BROKER_CROSS_ARCH})
# For the small projects that CMake tries the compiler with.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES BROKER_CROSS_ARCH BROKER_LLVM_VERSION BROKER_CROSS_MACOS)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# macOS has threads in its C library; the one here is too small for CMake to find out.
set(CMAKE_HAVE_LIBC_PTHREAD TRUE)

foreach(language C CXX OBJCXX)
  set(CMAKE_${language}_COMPILER_TARGET ${BROKER_CROSS_ARCH}-apple-macos${BROKER_CROSS_MACOS})
endforeach()
foreach(tool AR RANLIB STRIP INSTALL_NAME_TOOL OTOOL)
  string(TOLOWER ${tool} name)
  string(REPLACE "_" "-" name ${name})
  set(CMAKE_${tool} llvm-${name}-${BROKER_LLVM_VERSION})
endforeach()

set(llvm /usr/lib/llvm-${BROKER_LLVM_VERSION})
set(sdk ${CMAKE_CURRENT_LIST_DIR})
set(CMAKE_OSX_SYSROOT "" CACHE STRING "")
# libc++'s own headers, with the settings of Apple's build of it.
set(CMAKE_CXX_FLAGS_INIT
  "-isysroot ${sdk} -nostdinc++ -isystem ${sdk}/usr/include/c++ -isystem ${llvm}/include/c++/v1")
set(CMAKE_OBJCXX_FLAGS_INIT
  "${CMAKE_CXX_FLAGS_INIT} -I${sdk}/../authentication-services/include")

# What libc++ offers: as LLVM's of the same version, with the underscore that names of C have on macOS.
set(libraries ${CMAKE_BINARY_DIR}/libraries)
execute_process(
  COMMAND ${llvm}/bin/llvm-nm --dynamic --defined-only --format=just-symbols --quiet
    ${llvm}/lib/libc++.so.1 ${llvm}/lib/libc++abi.so.1
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
list(FILTER symbols INCLUDE REGEX "^_Z|^__cxa_|^__gxx_")
list(REMOVE_DUPLICATES symbols)
list(TRANSFORM symbols PREPEND "      - '_")
list(TRANSFORM symbols APPEND "'")
list(JOIN symbols "\n" symbols)
file(WRITE ${libraries}/libc++.tbd "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libc++.1.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols:
${symbols}
...
")
# @available asks compiler-rt, which is Apple's alone.
set(CMAKE_MODULE_LINKER_FLAGS_INIT
  "-isysroot ${sdk} -fuse-ld=lld -L${libraries} -Wl,-U,___isPlatformVersionAtLeast")
