// A report file is there whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace kernelgate {

/// Writes "<file>.part", then renames it; folders are made. A device or a pipe is written to.
/// Throws BadInput naming the file and the reason (a full disk, no permission), and leaves an older
/// file as it was.
void write_whole_file(const std::filesystem::path& file, std::string_view bytes);

/// Makes the folder of a report, where it is not there. Throws BadInput naming the folder, behind
/// `option` where that is given ("--output"), and the reason.
void make_folder(const std::filesystem::path& folder, std::string_view option = {});

}  // namespace kernelgate
