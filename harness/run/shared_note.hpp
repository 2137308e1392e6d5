// A short text in memory that a process shares with its children: what a child was doing when it
// ended.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kernelgate {

/// Create it before the children start. One process writes at a time.
class SharedNote {
 public:
  static constexpr std::size_t max_bytes = 1000;

  /// Throws MissingResource without memory.
  SharedNote();
  ~SharedNote();
  SharedNote(const SharedNote&) = delete;
  SharedNote& operator=(const SharedNote&) = delete;

  /// Cuts a text of more than max_bytes.
  void write(std::string_view text);
  /// The last text as one printable line, also where foreign code wrote into it; empty at first.
  std::string read() const;

 private:
  char* memory_ = nullptr;
};

}  // namespace kernelgate
