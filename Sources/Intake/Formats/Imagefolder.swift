/// Hugging Face's imagefolder: `metadata.jsonl` or `metadata.csv`, with the path of each picture from there in
/// `file_name`, in `image`, or in several columns called `…_file_name` (huggingface.co/docs/datasets/image_dataset).
enum Imagefolder: RecordFileFormat {
    static let name = "Hugging Face imagefolder"

    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any RecordFormat)? {
        guard file.path.name.bytes.starts(with: "metadata.".utf8) else { return nil }
        let columns = TableColumns(file.head)
        let own = columns.aliases.paths.filter { path in
            path == ["file_name"] || path == ["image"] || (path.count == 1 && path[0].hasSuffix("_file_name"))
        }
        // A picture's name, not what is told of it.
        let files = own.filter { path in
            file.head.contains {
                $0.node(at: path)?.string.map { FileName(visible: Array($0.utf8).span) == .picture } ?? false
            }
        }
        guard !files.isEmpty else { return nil }
        return try TableRecord(file, columns: columns, files: files, pictures: nil, context, &problems)
    }
}
