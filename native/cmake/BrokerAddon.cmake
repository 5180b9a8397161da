# One place for how every addon is compiled and linked.

option(BROKER_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(BROKER_SANITIZE_THREAD "Build with ThreadSanitizer" OFF)

find_package(Threads REQUIRED)

# The Node-API glue shared by the addons.
get_filename_component(BROKER_NATIVE_DIR "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(BROKER_GLUE_SOURCES
  ${BROKER_NATIVE_DIR}/addon/arguments.cc
  ${BROKER_NATIVE_DIR}/addon/js_error.cc
  ${BROKER_NATIVE_DIR}/addon/js_thread.cc
  ${BROKER_NATIVE_DIR}/addon/promise_bridge.cc)

# broker_addon(<target> <source>...): a Node-API 8 addon named <target>.node
function(broker_addon target)
  add_library(${target} MODULE ${ARGN} ${BROKER_GLUE_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    SUFFIX ".node"
    # Objective-C++ sources do not change how an addon is linked.
    LINKER_LANGUAGE CXX
    POSITION_INDEPENDENT_CODE ON
    # Apart from where prebuildify looks: it takes away what it packs, and the next build would link again.
    # The empty expression: Visual Studio's generator would add a folder for the configuration.
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/addon$<0:>")
  # CMAKE_JS_INC: node-api-headers and node-addon-api, told by cmake-js. Not ours to have warnings about.
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_JS_INC})
  target_include_directories(${target} PRIVATE ${BROKER_NATIVE_DIR})
  target_compile_definitions(${target} PRIVATE NAPI_VERSION=8 NAPI_DISABLE_CPP_EXCEPTIONS
    # All of Node-API fails in a worker that is being stopped. That shall not abort the whole process.
    NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  broker_compile_options(${target})
  broker_harden(${target})
endfunction()

# Language and warnings, for all native code of ours.
function(broker_compile_options target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    OBJCXX_STANDARD 20
    OBJCXX_STANDARD_REQUIRED ON
    OBJCXX_EXTENSIONS OFF
    OBJCXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  if(NOT MSVC)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -fno-rtti
      $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
      # Exceptions of Objective-C run the destructors on their way; those of C++ would end the process.
      $<$<COMPILE_LANGUAGE:OBJCXX>:-fexceptions;-fno-cxx-exceptions;-fobjc-exceptions;-Wunguarded-availability>)
  endif()
endfunction()

# Each defines broker_harden(<target>).
if(WIN32)
  include(${BROKER_NATIVE_DIR}/cmake/windows.cmake)
elseif(APPLE)
  include(${BROKER_NATIVE_DIR}/cmake/macos.cmake)
else()
  include(${BROKER_NATIVE_DIR}/cmake/linux.cmake)
endif()
