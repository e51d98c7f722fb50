/** Rows of another table that follow from those of a block, in ClickHouse's Native format. They belong to the same partition. */
export interface DerivedRows {
  readonly table: string;
  readonly structure: string;
  readonly rows: readonly Uint8Array[];
  readonly rowCount: number;
}
