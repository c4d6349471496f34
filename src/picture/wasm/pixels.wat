;; The pixel loops of the picture encoders, in SIMD, in place in a frame's shared memory.
;;
;; A pixel is 32 bits, bytes B, G, R, unused; a picture's pixel is 24 bits, bytes R, G, B.  Four pixels are one
;; vector, of which twelve bytes count when it is stored: the next store covers the rest.  Vectors end while
;; two pixels are left, which cover the last one's rest; so nothing outside of the given ranges is read or
;; written.  The order of bytes is a swizzle by a constant, which stays in a register.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; One pixel's three bytes, the difference to `$ref` bytewise (PNG specification, chapter 9).
  (func $difference1 (param $src i32) (param $ref i32) (param $dst i32)
    (i32.store8 (local.get $dst)
      (i32.sub (i32.load8_u offset=2 (local.get $src)) (i32.load8_u offset=2 (local.get $ref))))
    (i32.store8 offset=1 (local.get $dst)
      (i32.sub (i32.load8_u offset=1 (local.get $src)) (i32.load8_u offset=1 (local.get $ref))))
    (i32.store8 offset=2 (local.get $dst)
      (i32.sub (i32.load8_u (local.get $src)) (i32.load8_u (local.get $ref)))))

  ;; rgb(src, dst, pixels): the pixels themselves.
  (func (export "rgb") (param $src i32) (param $dst i32) (param $pixels i32)
    (local $order v128)
    (local.set $order (v128.const i8x16 2 1 0 6 5 4 10 9 8 14 13 12 255 255 255 255))
    (block $vectorsDone
      (loop $vectors
        (br_if $vectorsDone (i32.lt_u (local.get $pixels) (i32.const 18)))
        (v128.store (local.get $dst)
          (i8x16.swizzle (v128.load (local.get $src)) (local.get $order)))
        (v128.store offset=12 (local.get $dst)
          (i8x16.swizzle (v128.load offset=16 (local.get $src)) (local.get $order)))
        (v128.store offset=24 (local.get $dst)
          (i8x16.swizzle (v128.load offset=32 (local.get $src)) (local.get $order)))
        (v128.store offset=36 (local.get $dst)
          (i8x16.swizzle (v128.load offset=48 (local.get $src)) (local.get $order)))
        (local.set $src (i32.add (local.get $src) (i32.const 64)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 48)))
        (local.set $pixels (i32.sub (local.get $pixels) (i32.const 16)))
        (br $vectors)))
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $pixels)))
        (i32.store8 (local.get $dst) (i32.load8_u offset=2 (local.get $src)))
        (i32.store8 offset=1 (local.get $dst) (i32.load8_u offset=1 (local.get $src)))
        (i32.store8 offset=2 (local.get $dst) (i32.load8_u (local.get $src)))
        (local.set $src (i32.add (local.get $src) (i32.const 4)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 3)))
        (local.set $pixels (i32.sub (local.get $pixels) (i32.const 1)))
        (br $rest))))

  ;; difference(src, ref, dst, pixels): what the PNG filters Sub (ref = src - 4) and Up (ref = the line
  ;; above) leave of the pixels.
  (func (export "difference") (param $src i32) (param $ref i32) (param $dst i32) (param $pixels i32)
    (local $order v128)
    (local.set $order (v128.const i8x16 2 1 0 6 5 4 10 9 8 14 13 12 255 255 255 255))
    (block $vectorsDone
      (loop $vectors
        (br_if $vectorsDone (i32.lt_u (local.get $pixels) (i32.const 18)))
        (v128.store (local.get $dst)
          (i8x16.swizzle
            (i8x16.sub (v128.load (local.get $src)) (v128.load (local.get $ref)))
            (local.get $order)))
        (v128.store offset=12 (local.get $dst)
          (i8x16.swizzle
            (i8x16.sub (v128.load offset=16 (local.get $src)) (v128.load offset=16 (local.get $ref)))
            (local.get $order)))
        (v128.store offset=24 (local.get $dst)
          (i8x16.swizzle
            (i8x16.sub (v128.load offset=32 (local.get $src)) (v128.load offset=32 (local.get $ref)))
            (local.get $order)))
        (v128.store offset=36 (local.get $dst)
          (i8x16.swizzle
            (i8x16.sub (v128.load offset=48 (local.get $src)) (v128.load offset=48 (local.get $ref)))
            (local.get $order)))
        (local.set $src (i32.add (local.get $src) (i32.const 64)))
        (local.set $ref (i32.add (local.get $ref) (i32.const 64)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 48)))
        (local.set $pixels (i32.sub (local.get $pixels) (i32.const 16)))
        (br $vectors)))
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $pixels)))
        (call $difference1 (local.get $src) (local.get $ref) (local.get $dst))
        (local.set $src (i32.add (local.get $src) (i32.const 4)))
        (local.set $ref (i32.add (local.get $ref) (i32.const 4)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 3)))
        (local.set $pixels (i32.sub (local.get $pixels) (i32.const 1)))
        (br $rest))))

  ;; distance(src, ref, pixels): the sum of what `difference` leaves, each byte taken as signed, as absolute
  ;; values, of one in four pixels: of four, and then not of twelve.
  (func (export "distance") (param $src i32) (param $ref i32) (param $pixels i32) (result i32)
    (local $sums v128)
    (block $done
      (loop $vectors
        (br_if $done (i32.lt_s (local.get $pixels) (i32.const 4)))
        (local.set $sums (i32x4.add (local.get $sums)
          (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u
            (v128.and (v128.const i32x4 0xffffff 0xffffff 0xffffff 0xffffff)
              (i8x16.abs (i8x16.sub (v128.load (local.get $src)) (v128.load (local.get $ref)))))))))
        (local.set $src (i32.add (local.get $src) (i32.const 64)))
        (local.set $ref (i32.add (local.get $ref) (i32.const 64)))
        (local.set $pixels (i32.sub (local.get $pixels) (i32.const 16)))
        (br $vectors)))
    (call $total (local.get $sums)))

  ;; adler32(ptr, len): the checksum of RFC 1950 of `len` bytes, started at 1.
  ;; In a block of at most 4096 bytes no sum comes near 32 bits: the sums are reduced between blocks.
  (func (export "adler32") (param $ptr i32) (param $len i32) (result i32)
    (local $s1 i32) (local $s2 i32) (local $n i32) (local $v v128)
    (local $sums v128) (local $prefixes v128) (local $weighted v128)
    (local.set $s1 (i32.const 1))
    (block $vectorsDone
      (loop $blocks
        (local.set $n (i32.shr_u (local.get $len) (i32.const 4)))
        (if (i32.gt_u (local.get $n) (i32.const 256)) (then (local.set $n (i32.const 256))))
        (br_if $vectorsDone (i32.eqz (local.get $n)))
        (local.set $len (i32.sub (local.get $len) (i32.shl (local.get $n) (i32.const 4))))
        ;; s2 grows by 16 * s1 for each vector, by 16 * (sum of earlier vectors), and by the bytes weighted 16..1.
        (local.set $s2 (i32.add (local.get $s2)
          (i32.mul (local.get $s1) (i32.shl (local.get $n) (i32.const 4)))))
        (local.set $sums (v128.const i32x4 0 0 0 0))
        (local.set $prefixes (v128.const i32x4 0 0 0 0))
        (local.set $weighted (v128.const i32x4 0 0 0 0))
        (loop $vectors
          (local.set $v (v128.load (local.get $ptr)))
          (local.set $prefixes (i32x4.add (local.get $prefixes) (local.get $sums)))
          (local.set $sums (i32x4.add (local.get $sums)
            (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get $v)))))
          (local.set $weighted (i32x4.add (local.get $weighted)
            (i32x4.add
              (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $v))
                (v128.const i16x8 16 15 14 13 12 11 10 9))
              (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $v))
                (v128.const i16x8 8 7 6 5 4 3 2 1)))))
          (local.set $ptr (i32.add (local.get $ptr) (i32.const 16)))
          (br_if $vectors (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.set $s1 (i32.rem_u
          (i32.add (local.get $s1) (call $total (local.get $sums))) (i32.const 65521)))
        (local.set $s2 (i32.rem_u
          (i32.add (local.get $s2)
            (i32.add (i32.shl (call $total (local.get $prefixes)) (i32.const 4))
              (call $total (local.get $weighted))))
          (i32.const 65521)))
        (br $blocks)))
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $len)))
        (local.set $s1 (i32.add (local.get $s1) (i32.load8_u (local.get $ptr))))
        (local.set $s2 (i32.add (local.get $s2) (local.get $s1)))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $rest)))
    (i32.or (i32.rem_u (local.get $s1) (i32.const 65521))
      (i32.shl (i32.rem_u (local.get $s2) (i32.const 65521)) (i32.const 16))))

  (func $total (param $v v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v)))
      (i32.add (i32x4.extract_lane 2 (local.get $v)) (i32x4.extract_lane 3 (local.get $v))))))
