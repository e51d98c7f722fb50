/**
 * The names in the structure of a table function, such as "name String, tags Map(String, String)": the first word of each
 * column, commas inside parentheses aside.
 */
export const columnNames = (structure: string): string[] => {
  const names: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= structure.length; i++) {
    const c = structure[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === undefined || (c === ',' && depth === 0)) {
      names.push(structure.slice(start, i).trim().split(/\s/, 1)[0]!);
      start = i + 1;
    }
  }
  return names;
};
