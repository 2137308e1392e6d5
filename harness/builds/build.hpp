// A build of this project for comparison: its program, and a hash of each kernel's machine code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kernelgate {

struct Build {
  std::filesystem::path program;
  std::filesystem::path folder;  // build folder, with the kernels' objects
  std::string origin;            // as named by the user
};

/// Finds a build by its folder or its program. Nothing if the text is neither, since it may be a
/// commit. Throws BadInput for a folder without a program.
std::optional<Build> find_build(const std::string& text);

/// Hash of the object files of a kernel's variants, in the order of their names; without object
/// files (an installed program), of the program. Equal hashes mean equal machine code. Different
/// hashes need not mean different code, for example if a path in an object differs.
std::string code_hash(const Build& build, std::string_view kernel);

}  // namespace kernelgate
