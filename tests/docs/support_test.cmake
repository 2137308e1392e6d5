# Tests that `kernelgate support --check` rejects the committed pages with a variant or kernel missing,
# one too many, a device missing or another determinism claim, and reports which.
# cmake -DPROGRAM=<kernelgate> -DSOURCE=<checkout> -DWORK=<folder to write> -P support_test.cmake
cmake_minimum_required(VERSION 3.25)

function(try_page page from to expected)
  file(READ "${SOURCE}/${page}" text)
  string(REPLACE ";" "<semicolon>" text "${text}")
  string(REGEX REPLACE "${from}" "${to}" broken "${text}")
  if(broken STREQUAL text)
    message(FATAL_ERROR "${page}: nothing matches '${from}': this mutant tests nothing")
  endif()
  string(REPLACE "<semicolon>" ";" broken "${broken}")
  cmake_path(GET page FILENAME name)
  file(WRITE "${WORK}/${name}" "${broken}")
  execute_process(COMMAND "${PROGRAM}" support --check "${WORK}/${name}"
    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT code EQUAL 1 OR NOT said MATCHES "${expected}")
    message(FATAL_ERROR "expected exit 1 and '${expected}', got exit ${code}:\n${said}")
  endif()
endfunction()

try_page(docs/support.md "\n\\| linear/native \\|[^\n]*" "" "NVIDIA: no row 'linear/native'")
try_page(docs/support.md "\n(\\| linear/native)( \\|[^\n]*)" "\n\\1\\2\n\\1/gone\\2"
  "row 'linear/native/gone' is no native variant")
try_page(docs/support.md " amd-gfx942 \\|" "" "AMD: no table with the header")
try_page(docs/support.md "\\| yes: " "| no: " "variants: row '[a-z_/]*' has the determinism claim 'no: ")
try_page(docs/support.md "20 schedules agree" "3 schedules agree, too few" "their test says")
try_page(README.md "\n\\| linear \\|[^\n]*" "" "no row 'linear'")
try_page(README.md "\n(\\| linear)( \\|[^\n]*)" "\n\\1\\2\n\\1_gone\\2" "row 'linear_gone' is no kernel")
try_page(README.md "/17 \\(" "/16 (" "expected 17 devices")
try_page(README.md "not run: kokkos/cpu" "not run: kokkos/gpu" "which is no variant of this build")

execute_process(COMMAND "${PROGRAM}" support RESULT_VARIABLE code ERROR_VARIABLE said)
if(NOT code EQUAL 2 OR NOT said MATCHES "expected --records FILE")
  message(FATAL_ERROR "support without anything to do: got exit ${code}:\n${said}")
endif()
