#include "harness/builds/build.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && bytes.empty()) throw BadInput("cannot read " + file.string());
  return bytes;
}

// Excludes tests, seeded bugs and the scalar reference, which are not timed.
bool is_timed(const fs::path& target) {
  const std::string name = target.filename().string();
  return name.ends_with(".dir") && !name.starts_with("mutant_") && !name.starts_with("test_") &&
         !name.ends_with("_exact.dir");
}

std::vector<fs::path> objects_of(const fs::path& build, std::string_view kernel) {
  std::vector<fs::path> objects;
  std::error_code none;
  const fs::path targets = build / "kernels" / kernel / "CMakeFiles";
  for (const auto& target : fs::directory_iterator(targets, none)) {
    if (!is_timed(target.path())) continue;
    for (const auto& entry : fs::recursive_directory_iterator(target.path(), none)) {
      if (entry.is_regular_file() && entry.path().extension() == ".o") {
        objects.push_back(entry.path());
      }
    }
  }
  std::sort(objects.begin(), objects.end());
  return objects;
}

bool is_program(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<Build> find_build(const std::string& text) {
  const fs::path path(text);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    const fs::path program = path / "kernelgate";
    if (!is_program(program)) {
      throw BadInput(
          fmt::format("{}: expected a build folder with the program kernelgate, got none", text));
    }
    return Build{fs::canonical(program), fs::canonical(path), text};
  }
  if (!is_program(path)) return std::nullopt;
  return Build{fs::canonical(path), fs::canonical(path).parent_path(), text};
}

std::string code_hash(const Build& build, std::string_view kernel) {
  std::uint64_t hash = fnv1a64("");
  std::vector<fs::path> parts = objects_of(build.folder, kernel);
  if (parts.empty()) parts = {build.program};
  for (const fs::path& part : parts) {
    const std::string bytes = bytes_of(part);
    hash = fnv1a64(part.filename().string(), hash);
    hash = fnv1a64(std::to_string(bytes.size()), hash);
    hash = fnv1a64(bytes, hash);
  }
  return fmt::format("{:016x}", mix64(hash));
}

}  // namespace kernelgate
