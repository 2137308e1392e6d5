// The folder for temporary files. All code that needs one calls this function.
#pragma once

#include <filesystem>
#include <string_view>

namespace kernelgate {

/// The folder that TMPDIR names, or /tmp. Throws BadInput naming TMPDIR and its value for a folder
/// that does not exist or cannot be written; `other_way` ends the message, such as
/// "or give --expert-folder".
std::filesystem::path temporary_folder(std::string_view other_way = {});

}  // namespace kernelgate
