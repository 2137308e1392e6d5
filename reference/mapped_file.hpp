// Maps a file into memory for reading.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace kernelgate::reference {

/// Whether a directory has an entry of this name. A dangling link counts, so that reading it
/// reports the missing target.
bool is_there(const std::filesystem::path& path);

class MappedFile {
 public:
  /// Throws BadInput naming the path if it is not a readable regular file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace kernelgate::reference
