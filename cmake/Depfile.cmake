# depfile_target(<variable> <file>): the file's name as the target of a Makefile rule. Compilers write the argument of
# -MT as it is, so that a space in a path would end the name.
function(depfile_target variable file)
  string(REPLACE " " "\\ " name "${file}")
  set(${variable} "${name}" PARENT_SCOPE)
endfunction()
