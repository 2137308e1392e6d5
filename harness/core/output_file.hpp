// Writes files atomically: a file is complete or absent.
#pragma once

#include <filesystem>
#include <string_view>

namespace kernelgate {

/// Writes "<file>.part" and renames it; creates missing folders. Devices and pipes are written
/// directly. If writing fails (full disk, no permission), throws BadInput with the file and the
/// reason, and leaves an older file unchanged.
void write_whole_file(const std::filesystem::path& file, std::string_view bytes);

/// Creates the folder of a report if it does not exist. On failure throws BadInput with the folder
/// and the reason, preceded by `option` if given ("--output").
void make_folder(const std::filesystem::path& folder, std::string_view option = {});

}  // namespace kernelgate
