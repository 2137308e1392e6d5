// Returns the folder for temporary files. All code that needs one calls this function.
#pragma once

#include <filesystem>
#include <string_view>

namespace kernelgate {

/// The folder in TMPDIR, or /tmp. Throws BadInput with TMPDIR's value if the folder does not exist
/// or cannot be written. `other_way` ends the message, such as "or give --expert-folder".
std::filesystem::path temporary_folder(std::string_view other_way = {});

}  // namespace kernelgate
