#include "harness/run/shared_note.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/core/error.hpp"
#include "harness/core/printable.hpp"

namespace kernelgate {
namespace {

constexpr std::size_t mapped_bytes = SharedNote::max_bytes + 1;

}  // namespace

SharedNote::SharedNote() {
  void* memory =
      mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw MissingResource(std::string("cannot share memory with a child process: ") +
                          std::strerror(errno));
  }
  memory_ = static_cast<char*>(memory);
}

SharedNote::~SharedNote() { munmap(memory_, mapped_bytes); }

void SharedNote::write(std::string_view text) {
  const std::size_t bytes = std::min(text.size(), max_bytes);
  std::memcpy(memory_, text.data(), bytes);
  memory_[bytes] = '\0';
}

std::string SharedNote::read() const {
  return printable_line(std::string_view(memory_, strnlen(memory_, max_bytes)));
}

}  // namespace kernelgate
