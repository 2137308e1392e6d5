// A build of this project that is to be compared: its program, and which machine code a kernel has
// in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kernelgate {

struct Build {
  std::filesystem::path program;
  std::filesystem::path folder;  // of the build, where the kernels' objects lie
  std::string origin;            // what the user named it by
};

/// A build folder, or the program itself. Nothing when the text names neither, so that it may be a
/// commit. Throws BadInput for a folder without a program.
std::optional<Build> find_build(const std::string& text);

/// Hash of the object files that a kernel's variants are linked from, in the order of their names;
/// without them (an installed program) of the program. Equal on both sides: equal machine code. The
/// opposite does not hold: a path in an object is a difference too.
std::string code_hash(const Build& build, std::string_view kernel);

}  // namespace kernelgate
