import CPNG

extension QRCode {
  /// The code as a PNG picture in shades of grey, `scale` (1 to 64) pixels a module, with a quiet zone of four modules;
  /// nil where libpng does not write it.
  public func png(scale: Int = 8) -> [UInt8]? {
    guard (1...64).contains(scale) else { return nil }
    let side = (width + 2 * Self.quietZone) * scale
    var pixels = [UInt8](repeating: 0xFF, count: side * side)
    for row in 0..<side {
      for column in 0..<side
      where isDark(row: row / scale - Self.quietZone, column: column / scale - Self.quietZone) {
        pixels[row * side + column] = 0
      }
    }
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    (image.width, image.height) = (png_uint_32(side), png_uint_32(side))
    // PNG_FORMAT_GRAY: one byte a pixel.
    image.format = 0
    defer { png_image_free(&image) }
    // Asked without memory, libpng tells how much the picture takes.
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else { return nil }
    return Array(bytes.prefix(size))
  }
}
