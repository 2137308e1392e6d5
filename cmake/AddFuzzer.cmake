# add_fuzzer(<name> <source>… LIBRARIES <target>… CORPUS <folder>)
#
# A source defines LLVMFuzzerTestOneInput. In the preset `fuzz` (clang) it becomes the program fuzz_<name>, part
# of the target `fuzzers`, and the test fuzz.<name>, label `fuzz`, which runs the corpus and then
# KERNELGATE_FUZZ_SECONDS of new inputs from a fixed seed. In other builds it becomes the program replay_<name> and
# the test replay.<name>, label `ci`, which runs every file of the corpus once.

option(KERNELGATE_FUZZ "Build the fuzzers (needs clang and libFuzzer)" OFF)
set(KERNELGATE_FUZZ_SECONDS 8 CACHE STRING "Seconds of new inputs that each fuzzer tries as a test")
add_custom_target(fuzzers)

function(add_fuzzer name)
  cmake_parse_arguments(F "" "CORPUS" "LIBRARIES" ${ARGN})
  if(NOT F_UNPARSED_ARGUMENTS OR NOT F_CORPUS)
    message(FATAL_ERROR "add_fuzzer(${name}): needs a source and a CORPUS")
  endif()
  cmake_path(ABSOLUTE_PATH F_CORPUS OUTPUT_VARIABLE corpus)
  file(GLOB inputs CONFIGURE_DEPENDS "${corpus}/*")
  if(NOT inputs)
    message(FATAL_ERROR "add_fuzzer(${name}): the corpus ${corpus} is empty")
  endif()

  if(KERNELGATE_FUZZ)
    set(program fuzz_${name})
    add_executable(${program} ${F_UNPARSED_ARGUMENTS})
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${program})
    # New inputs of interest go to the first folder, which is the build's own.
    set(found "${CMAKE_CURRENT_BINARY_DIR}/${program}_found")
    file(MAKE_DIRECTORY "${found}")
    math(EXPR limit "${KERNELGATE_FUZZ_SECONDS} + 120")
    add_test(NAME fuzz.${name} COMMAND ${program} -seed=1 -max_total_time=${KERNELGATE_FUZZ_SECONDS} -timeout=10
      -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/"
      "${found}" "${corpus}")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
  elseif(KERNELGATE_TESTS)
    set(program replay_${name})
    add_executable(${program} ${F_UNPARSED_ARGUMENTS} "${PROJECT_SOURCE_DIR}/cmake/fuzz/replay.cpp")
    add_test(NAME replay.${name} COMMAND ${program} "${corpus}")
    set_tests_properties(replay.${name} PROPERTIES LABELS ci TIMEOUT 120)
  else()
    return()
  endif()
  target_link_libraries(${program} PRIVATE ${F_LIBRARIES} kernelgate_exact kernelgate_warnings)
endfunction()
