/* A photo or the picture of a paper (data-photo="scan") is made small on the device before the form is sent or put by:
   at most 500 KB, a paper 900 KB, turned upright, and without anything a camera hides in it, since only what is drawn
   is kept. Where this fails the file goes as it is. */
(function () {
  "use strict";
  var PHOTO = { largest: 500 * 1024, side: 1200, word: "照片" }, PAPER = { largest: 900 * 1024, side: 2000, word: "扫描件" };
  var QUALITIES = [0.85, 0.75, 0.65, 0.5, 0.35];
  if (!window.createImageBitmap || !window.DataTransfer || !HTMLCanvasElement.prototype.toBlob) { return; }

  function drawn(bitmap, side) {
    var scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height)), canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    var ink = canvas.getContext("2d");
    /* What is see-through would turn black. */
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, canvas.width, canvas.height);
    ink.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
  function jpeg(canvas, quality) {
    return new Promise(function (resolve) { canvas.toBlob(resolve, "image/jpeg", quality); });
  }
  function small(bitmap, size) {
    var canvas = drawn(bitmap, size.side), tried = 0;
    function next() {
      return jpeg(canvas, QUALITIES[tried]).then(function (blob) {
        if (!blob) { throw new Error("canvas"); }
        if (blob.size <= size.largest) { return blob; }
        tried += 1;
        if (tried === QUALITIES.length) { tried = 0; canvas = drawn(bitmap, Math.round(canvas.width * 0.7)); }
        return next();
      });
    }
    return next();
  }
  function chosen(input, file) {
    var holder = new DataTransfer();
    holder.items.add(file);
    input.files = holder.files;
  }
  function take(input) {
    var form = input.form, line = document.createElement("p");
    var size = input.getAttribute("data-photo") === "scan" ? PAPER : PHOTO;
    line.className = "hint";
    line.setAttribute("aria-live", "polite");
    /* What is too large is made small here, not refused. */
    input.removeAttribute("data-largest");
    input.parentNode.insertBefore(line, input.nextSibling);
    input.addEventListener("change", function () {
      var file = input.files[0];
      line.textContent = "";
      if (!file) { return; }
      if (file.type === "application/pdf") { line.textContent = "PDF 照原样发送。"; return; }
      form.setAttribute("data-busy", "");
      line.textContent = "正在缩小" + size.word + "……";
      window.createImageBitmap(file, { imageOrientation: "from-image" }).then(function (bitmap) {
        return small(bitmap, size).then(function (blob) {
          bitmap.close();
          chosen(input, new File([blob], input.name + ".jpg", { type: "image/jpeg" }));
          line.textContent = size.word + "已缩小为 " + Math.max(1, Math.round(blob.size / 1024)) + " KB，方向已转正，拍摄地点等已去掉。";
        });
      }).catch(function () {
        line.textContent = "这个文件不能在本机缩小，将照原样发送；打不开的照片系统会说明原因。";
      }).then(function () { form.removeAttribute("data-busy"); });
    });
  }
  Array.prototype.forEach.call(document.querySelectorAll("input[type=file][data-photo]"), take);
}());
