# Tests that `kernelgate report --check` rejects docs/performance.md with one altered number and reports
# the line, and that `--performance` restores the committed page from it.
# cmake -DPROGRAM=<kernelgate> -DRECORDS=<folder> -DPAGE=<page> -DWORK=<folder to write> -P performance_test.cmake
cmake_minimum_required(VERSION 3.25)
set(copy "${WORK}/performance.md")

function(report expected_code expected_text)
  execute_process(COMMAND "${PROGRAM}" report --records "${RECORDS}" ${ARGN}
    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT code EQUAL expected_code OR NOT said MATCHES "${expected_text}")
    message(FATAL_ERROR "report ${ARGN}: expected exit ${expected_code} and '${expected_text}', got exit ${code}:\n${said}")
  endif()
endfunction()

function(hold_equal)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${PAGE}" "${copy}" RESULT_VARIABLE different)
  if(different)
    message(FATAL_ERROR "${copy} is not ${PAGE}")
  endif()
endfunction()

file(READ "${PAGE}" page)
string(FIND "${page}" "<!-- kernelgate report -->" begin)
string(SUBSTRING "${page}" 0 ${begin} before)
string(SUBSTRING "${page}" ${begin} -1 tables)

# Replaces the first digit of the share in a case's first row by 7, or a 7 by 3.
string(REGEX MATCH "\n\\| `[^\n]* ([0-9])[0-9.]* % \\|" row "${tables}")
if(NOT row)
  message(FATAL_ERROR "${PAGE}: no row of a case with a share: this test alters nothing")
endif()
set(other 7)
if(CMAKE_MATCH_1 EQUAL 7)
  set(other 3)
endif()
string(REGEX REPLACE " [0-9]([0-9.]* % \\|)$" " ${other}\\1" wrong "${row}")
string(REPLACE "${row}" "${wrong}" altered "${tables}")
file(WRITE "${copy}" "${before}${altered}")
report(1 "performance.md:[0-9]+: got '\\| `.*', expected '\\| `" --check "${copy}")
report(0 "tables " --performance "${copy}")
hold_equal()
report(0 "has the tables of these records" --check "${copy}")

# A page without tables gets them again; a page without markers is rejected and not changed.
file(WRITE "${copy}" "${before}<!-- kernelgate report -->\n<!-- end of kernelgate report -->\n")
report(1 "got the end of the tables" --check "${copy}")
file(WRITE "${copy}" "${before}")
report(2 "expected a line '<!-- kernelgate report -->'" --performance "${copy}")

# A missing page is created.
file(REMOVE "${WORK}/new.md")
report(0 "tables " --performance "${WORK}/new.md" --title "My hosts")
report(0 "has the tables of these records" --check "${WORK}/new.md")
file(READ "${WORK}/new.md" page)
if(NOT page MATCHES "^# My hosts\n")
  message(FATAL_ERROR "${WORK}/new.md: expected the title")
endif()
