#include "harness/core/file_kind.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "harness/core/text_file.hpp"

namespace kernelgate {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t offset;
  std::string_view magic;
  std::string_view description;
  bool weights = false;  // model weights, convertible to safetensors
};

constexpr std::array signatures{
    Signature{0, "/annex/objects/"sv,
              "a git-annex pointer in place of the file; run `git annex get` in its repository"sv},
    Signature{0, "PK\x03\x04"sv, "a zip archive, such as torch.save() or numpy.savez() writes"sv,
              true},
    Signature{0, "GGUF"sv, "a GGUF file; the safetensors release of the model is needed"sv},
    Signature{0, "\x93NUMPY"sv, "a NumPy array file (.npy)"sv},
    Signature{0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file"sv},
    Signature{0, "\x80\x02"sv, "a Python pickle, such as torch.save() writes"sv, true},
    Signature{0, "\x80\x03"sv, "a Python pickle, such as torch.save() writes"sv, true},
    Signature{0, "\x80\x04"sv, "a Python pickle, such as torch.save() writes"sv, true},
    Signature{0, "\x80\x05"sv, "a Python pickle, such as torch.save() writes"sv, true},
    Signature{0, "\x1f\x8b"sv, "a gzip archive; unpack it first"sv},
    Signature{0,
              "\xfd"
              "7zXZ\0"sv,
              "an xz archive; unpack it first"sv},
    Signature{0, "\x28\xb5\x2f\xfd"sv, "a zstd archive; unpack it first"sv},
    Signature{0, "BZh"sv, "a bzip2 archive; unpack it first"sv},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it first"sv},
    Signature{257, "ustar"sv, "a tar archive; unpack it first"sv},
    Signature{0, "%PDF-"sv, "a PDF document"sv},
    Signature{0, "!<arch>\n"sv, "a static library (.a); link it into a shared one"sv},
};

constexpr std::string_view elf =
    "\x7f"
    "ELF";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char a, char b) { return a == lower(b); });
}

/// Whether the first KiB has control characters that do not occur in text.
bool has_binary_bytes(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 1024);
  return std::any_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
}

/// Whether `start` has eight or more bytes, all ASCII text. A binary format has a length or a magic
/// number there.
bool is_printable_text(std::string_view start) {
  return start.size() >= 8 && std::all_of(start.begin(), start.end(), [](char c) {
           return (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\r' || c == '\t';
         });
}

std::string_view without_leading_space(std::string_view text) {
  text = without_byte_order_mark(text);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

/// The number after "size " on its own line.
std::string lfs_size(std::string_view pointer) {
  constexpr std::string_view key = "\nsize ";
  const std::size_t at = pointer.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = pointer.substr(at + key.size());
  const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
  return digits.empty() || digits.size() > 20 ? std::string() : std::string(digits);
}

std::optional<std::string> git_lfs(std::string_view bytes) {
  // Pointers made before 2015 contain the project's older name.
  if (!bytes.starts_with("version https://git-lfs.github.com/spec/") &&
      !bytes.starts_with("version https://hawser.github.com/spec/")) {
    return std::nullopt;
  }
  const std::string size = lfs_size(bytes.substr(0, 1024));
  return "a Git LFS pointer in place of " +
         (size.empty() ? "the file" : "a file of " + size + " bytes") +
         "; run `git lfs pull` in its repository";
}

/// Whether the file starts with eight bytes of a plausible header length, then an object.
bool is_safetensors(std::string_view bytes) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  return bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
}

std::optional<std::string> markup(std::string_view bytes) {
  const std::string_view text = without_leading_space(bytes);
  if (starts_with_ignoring_case(text, "<!doctype html") ||
      starts_with_ignoring_case(text, "<html")) {
    return "an HTML page, such as a failed download leaves; download the file again";
  }
  if (starts_with_ignoring_case(text, "<?xml") || starts_with_ignoring_case(text, "<error>")) {
    return "an XML document, such as a failed download leaves; download the file again";
  }
  return std::nullopt;
}

}  // namespace

std::string describe_wrong_kind(std::string_view bytes, FileKind expected) {
  if (is_safetensors(bytes)) {
    return expected == FileKind::safetensors ? std::string() : "a safetensors file";
  }
  if (const auto pointer = git_lfs(bytes)) return *pointer;
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    return "UTF-16 text; save it as UTF-8";
  }
  // A text may begin with the letters of a signature.
  const bool any_text = expected == FileKind::text || expected == FileKind::table;
  for (const Signature& s : signatures) {
    if (bytes.size() < s.offset || !bytes.substr(s.offset).starts_with(s.magic)) continue;
    if (any_text && !has_binary_bytes(bytes)) continue;
    const bool convertible = s.weights && expected == FileKind::safetensors;
    return std::string(s.description) + (convertible ? "; convert it to safetensors" : "");
  }
  if (expected != FileKind::text) {
    if (const auto page = markup(bytes)) return *page;
  }
  if (expected != FileKind::shared_library && bytes.starts_with(elf)) {
    return "a program or shared library (ELF)";
  }
  const std::string_view start = bytes.substr(0, 64);
  if (start.size() >= 8 && start.find_first_not_of('\0') == std::string_view::npos) {
    return "zero bytes from its start on, as an unfinished download leaves them; download the file "
           "again";
  }
  const std::string_view text = without_leading_space(bytes);
  if (expected != FileKind::json && expected != FileKind::text &&
      (text.starts_with("{\"") || text.starts_with("{\n") || text.starts_with("[{"))) {
    return "a JSON text; if a failed download left it, download the file again";
  }
  const bool binary = expected != FileKind::json && !any_text;
  if (binary && is_printable_text(start)) {
    const std::string_view line = start.substr(0, start.find_first_of("\r\n"));
    return "a text that begins '" + std::string(line.substr(0, 40)) +
           "'; if a failed download left it, download the file again";
  }
  return {};
}

}  // namespace kernelgate
