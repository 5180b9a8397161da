// Where libstdc++ throws. Nothing here can catch, so the process ends either way, but libstdc++'s own way
// there is two fifths of the file: memory for exceptions, an unwinder, and a demangler for the last words.
// Linked in instead of those, because the linker takes from an archive only what is still missing.
// (std::make_shared brings them back: it calls into libstdc++ where there is no RTTI.)

#include <bits/functexcept.h>

#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

[[noreturn]] void end(const char* reason) {
  std::fprintf(stderr, "@x/broker-linux cannot go on: %s\n", reason);
  std::abort();
}

}  // namespace

// All of them: of those in one file of the archive, one that was missing would bring the others a second
// time.
void std::__throw_bad_alloc() {
  end("out of memory");
}
void std::__throw_bad_array_new_length() {
  end("bad_array_new_length");
}
void std::__throw_bad_cast() {
  end("bad_cast");
}
void std::__throw_bad_exception() {
  end("bad_exception");
}
void std::__throw_bad_function_call() {
  end("bad_function_call");
}
void std::__throw_bad_typeid() {
  end("bad_typeid");
}
void std::__throw_domain_error(const char* what) {
  end(what);
}
void std::__throw_invalid_argument(const char* what) {
  end(what);
}
void std::__throw_length_error(const char* what) {
  end(what);
}
void std::__throw_logic_error(const char* what) {
  end(what);
}
void std::__throw_out_of_range(const char* what) {
  end(what);
}
void std::__throw_out_of_range_fmt(const char* what, ...) {
  end(what);
}
void std::__throw_overflow_error(const char* what) {
  end(what);
}
void std::__throw_range_error(const char* what) {
  end(what);
}
void std::__throw_runtime_error(const char* what) {
  end(what);
}
void std::__throw_system_error(int) {
  end("system_error");
}
void std::__throw_underflow_error(const char* what) {
  end(what);
}

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  end("out of memory");
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
