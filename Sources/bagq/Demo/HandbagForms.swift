import Foundation

extension Handbag {
    /// Where the bag stands: the bottom of every form.
    static let ground: Float = 0.46

    /// Draws the bag into a scene whose unit is about the bag's size.
    func draw(in scene: inout Scene, random: inout DemoRandom) {
        switch form {
        case .bowling: drawBowling(in: &scene, &random)
        case .flap: drawFlap(in: &scene, &random)
        case .hobo: drawHobo(in: &scene, &random)
        case .tote: drawTote(in: &scene, &random)
        case .bucket: drawBucket(in: &scene, &random)
        }
    }

    private var bottom: Float { Handbag.ground }
    private var top: Float { bottom - size.y }
    private var half: Float { size.x / 2 }

    // MARK: Forms

    private func drawBowling(in scene: inout Scene, _ random: inout DemoRandom) {
        let reach = random.number(0.17, 0.24)
        let rise = random.number(0.26, 0.36)
        let foot = top + size.y * 0.3
        let handle = Outline.arch(
            from: Point(-reach, foot), to: Point(reach, foot), height: foot - top + rise, squareness: 1.5)
        let back = Outline.stroke(handle.map { $0 + Point(0.02, -0.03) }, width: 0.04)
        scene.part(back, puff: 0.02, darkened(trim))

        let body = Outline.polygon([
            Corner(-half * 0.93, top, 0.22), Corner(half * 0.93, top, 0.22),
            Corner(half, bottom, 0.09), Corner(-half, bottom, 0.09),
        ])
        scene.part(body, puff: 0.12, lift: 0.03, skin)
        // The zip's band follows the upper edge.
        scene.part(
            .rectangle(from: Point(-half * 0.72, top + 0.035), to: Point(half * 0.72, top + 0.065), radius: 0.015),
            puff: 0.008, lift: 0.004, trim)
        scene.part(
            .stitches(
                [Point(-half * 0.7, top + 0.05), Point(half * 0.7, top + 0.05)], length: 0.012, gap: 0.01, width: 0.014),
            puff: 0.004, lift: 0, metal)
        for side: Float in [-1, 1] {
            let patch = Outline.polygon([
                Corner(side * half, bottom, 0.09), Corner(side * half * 0.62, bottom, 0.02),
                Corner(side * half * 0.97, bottom - size.y * 0.45, 0.02),
            ])
            scene.part(patch, puff: 0.02, lift: 0.006, trim)
            let strap = Outline.rectangle(
                from: Point(side * reach - 0.024, foot - 0.04), to: Point(side * reach + 0.024, bottom - 0.03),
                radius: 0.02)
            scene.part(strap, puff: 0.012, lift: 0.008, trim)
            sew(strap, in: &scene)
            scene.part(.disc(at: Point(side * reach, foot), radius: 0.02), puff: 0.015, lift: 0.006, metal)
        }
        scene.part(.stroke(handle, width: 0.045), puff: 0.022, lift: 0.02, trim)
        drawMark(at: Point(0, bottom - size.y * 0.42), size: random.number(0.13, 0.17), in: &scene)
    }

    private func drawFlap(in scene: inout Scene, _ random: inout DemoRandom) {
        let isChain = random.chance(0.7)
        let sag = random.number(0.3, 0.5)
        let strap = Outline.arch(
            from: Point(-half * 0.86, top + 0.08), to: Point(half * 0.86, top + 0.08), height: sag + 0.08,
            squareness: random.number(0.8, 1.2))
        if isChain {
            chain(along: strap, in: &scene)
        } else {
            scene.part(.stroke(strap, width: 0.045), puff: 0.015, trim)
        }
        let body = Outline.polygon([
            Corner(-half * 0.97, top, 0.07), Corner(half * 0.97, top, 0.07),
            Corner(half, bottom, 0.07), Corner(-half, bottom, 0.07),
        ])
        scene.part(body, puff: 0.07, lift: 0.03, skin)
        sew(body, in: &scene)
        let drop = size.y * random.number(0.52, 0.68)
        let isPointed = random.chance(0.35)
        let flap = Outline.polygon([
            Corner(-half * 0.985, top - 0.008, 0.08), Corner(half * 0.985, top - 0.008, 0.08),
            Corner(half * 0.99, top + drop * (isPointed ? 0.55 : 1), 0.12),
            Corner(0, top + drop * (isPointed ? 1.12 : 1.02), isPointed ? 0.1 : 0),
            Corner(-half * 0.99, top + drop * (isPointed ? 0.55 : 1), 0.12),
        ])
        scene.part(flap, puff: 0.05, lift: 0.03, skin)
        sew(flap, in: &scene)
        drawMark(at: Point(0, top + drop * 0.97), size: random.number(0.13, 0.17), in: &scene)
    }

    private func drawHobo(in scene: inout Scene, _ random: inout DemoRandom) {
        let horn = top - random.number(0.02, 0.1)
        let rise = random.number(0.3, 0.42)
        let strap = Outline.arch(
            from: Point(-half * 0.84, horn + 0.08), to: Point(half * 0.84, horn + 0.08), height: rise,
            squareness: random.number(0.75, 1.05))
        scene.part(.stroke(strap.map { $0 + Point(0.015, -0.012) }, width: 0.07), puff: 0.015, darkened(trim))
        scene.part(.stroke(strap, width: 0.075), puff: 0.02, trim)
        let sag = horn + size.y * random.number(0.3, 0.4)
        let body = Outline([
            Outline.curve(
                [
                    Point(-half * 0.9, horn), Point(-half * 0.74, horn + 0.04), Point(-half * 0.42, sag - 0.04),
                    Point(0, sag),
                    Point(half * 0.42, sag - 0.04), Point(half * 0.74, horn + 0.04), Point(half * 0.9, horn),
                    Point(half, bottom - size.y * 0.42), Point(half * 0.66, bottom - 0.04), Point(0, bottom),
                    Point(-half * 0.66, bottom - 0.04), Point(-half, bottom - size.y * 0.42),
                ], closed: true)
        ])
        let (skin, sagging) = (skin, horn)
        let folds = random.number(0.004, 0.012)
        scene.part(body, puff: 0.13, lift: 0.03) { p in
            // Folds hang from the two horns.
            var texel = skin(p)
            let nearest = Point(abs(p.x) - 0.45, p.y - sagging)
            let angle = atan2(nearest.y, nearest.x)
            texel.height += folds * sin(angle * 16) * (1 - smoothstep(0.1, 0.5, nearest.length))
            return texel
        }
        sew(body, in: &scene)
        for side: Float in [-1, 1] {
            scene.part(
                .ring(at: Point(side * half * 0.85, horn + 0.05), radii: Point(0.05, 0.05), thickness: 0.016),
                puff: 0.01, lift: 0.01, metal)
        }
        drawMark(at: Point(0, (sag + bottom) / 2 + 0.03), size: random.number(0.14, 0.18), in: &scene)
    }

    private func drawTote(in scene: inout Scene, _ random: inout DemoRandom) {
        let reach = half * random.number(0.4, 0.5)
        let rise = random.number(0.24, 0.36)
        let flare = random.number(0.78, 0.9)
        let handle = Outline.arch(
            from: Point(-reach, top + 0.1), to: Point(reach, top + 0.1), height: rise + 0.1,
            squareness: random.number(0.9, 1.3))
        scene.part(.stroke(handle.map { $0 + Point(0.03, -0.045) }, width: 0.035), puff: 0.015, darkened(trim))
        let inside = Outline.polygon([
            Point(-half, top), Point(half, top), Point(half * 0.96, top - 0.045), Point(-half * 0.96, top - 0.045),
        ])
        scene.part(inside, puff: 0.01, darkened(darkened(trim)))
        let body = Outline.polygon([
            Corner(-half, top, 0.01), Corner(half, top, 0.01), Corner(half * flare, bottom, 0.05),
            Corner(-half * flare, bottom, 0.05),
        ])
        scene.part(body, puff: 0.05, lift: 0.03, skin)
        let band = Outline.polygon([
            Point(-half, top), Point(half, top), Point(half * 0.985, top + 0.075), Point(-half * 0.985, top + 0.075),
        ])
        scene.part(band, puff: 0.01, lift: 0.006, trim)
        sew(band, in: &scene)
        let base = Outline.polygon([
            Corner(-half * flare * 1.03, bottom - 0.1, 0.01), Corner(half * flare * 1.03, bottom - 0.1, 0.01),
            Corner(half * flare, bottom, 0.05), Corner(-half * flare, bottom, 0.05),
        ])
        scene.part(base, puff: 0.03, lift: 0.004, trim)
        scene.part(.stroke(handle, width: 0.038), puff: 0.018, lift: 0.02, trim)
        for side: Float in [-1, 1] {
            scene.part(
                .rectangle(
                    from: Point(side * reach - 0.03, top + 0.06), to: Point(side * reach + 0.03, top + 0.17),
                    radius: 0.02), puff: 0.01, lift: 0.008, trim)
            scene.part(.disc(at: Point(side * reach, top + 0.14), radius: 0.014), puff: 0.01, lift: 0.004, metal)
        }
        let centre = Point(0, top + size.y * random.number(0.4, 0.5))
        scene.part(.rectangle(from: centre - 0.115, to: centre + 0.115, radius: 0.03), puff: 0.012, lift: 0.008, trim)
        drawMark(at: centre, size: random.number(0.13, 0.16), in: &scene)
    }

    private func drawBucket(in scene: inout Scene, _ random: inout DemoRandom) {
        let mouth = half * random.number(0.82, 0.95)
        let rise = random.number(0.24, 0.34)
        let strap = Outline.arch(
            from: Point(-mouth * 0.92, top + 0.03), to: Point(mouth * 0.92, top + 0.03), height: rise, squareness: 0.9)
        scene.part(.stroke(strap, width: 0.05), puff: 0.015, trim)
        scene.part(.ellipse(at: Point(0, top), radii: Point(mouth, 0.07)), puff: 0.01, darkened(darkened(trim)))
        let body = Outline([
            Outline.curve([
                Point(-mouth, top), Point(-mouth * 0.5, top + 0.055), Point(0, top + 0.07),
                Point(mouth * 0.5, top + 0.055), Point(mouth, top),
            ]) + [Point(half * 0.98, bottom - 0.1)]
                + Outline.curve([
                    Point(half, bottom - 0.04), Point(half * 0.5, bottom + 0.005), Point(0, bottom + 0.02),
                    Point(-half * 0.5, bottom + 0.005), Point(-half, bottom - 0.04),
                ])
        ])
        let (skin, half) = (skin, half)
        let gathers = random.number(0.002, 0.009)
        let top = top
        scene.part(body, puff: 0.13, lift: 0.03) { p in
            // Gathered by the cord: folds that run out downwards.
            var texel = skin(p)
            texel.height += gathers * sin(p.x / half * 26) * (1 - smoothstep(top + 0.1, top + 0.42, p.y))
            return texel
        }
        let base = Outline([
            Outline.curve([
                Point(-half * 0.99, bottom - 0.15), Point(-half * 0.5, bottom - 0.105), Point(0, bottom - 0.09),
                Point(half * 0.5, bottom - 0.105), Point(half * 0.99, bottom - 0.15),
            ])
                + Outline.curve([
                    Point(half, bottom - 0.04), Point(half * 0.5, bottom + 0.005), Point(0, bottom + 0.02),
                    Point(-half * 0.5, bottom + 0.005), Point(-half, bottom - 0.04),
                ])
        ])
        scene.part(base, puff: 0.04, lift: 0.005, trim)
        let cord = Outline.curve([
            Point(-mouth * 0.99, top + 0.09), Point(-mouth * 0.5, top + 0.145), Point(0, top + 0.16),
            Point(mouth * 0.5, top + 0.145), Point(mouth * 0.99, top + 0.09),
        ])
        scene.part(.stroke(cord, width: 0.022), puff: 0.012, lift: 0.01, trim)
        for step in 0..<6 {
            let point = cord[4 + step * (cord.count - 9) / 5]
            scene.part(.ring(at: point, radii: Point(0.022, 0.022), thickness: 0.009), puff: 0.006, lift: 0.004, metal)
        }
        for side: Float in [-1, 1] {
            let end = Outline.curve([
                Point(0, top + 0.16), Point(side * 0.035, top + 0.22),
                Point(side * 0.05, top + random.number(0.27, 0.33)),
            ])
            scene.part(.stroke(end, width: 0.02), puff: 0.01, lift: 0.012, trim)
            if let tip = end.last {
                scene.part(.ellipse(at: tip, radii: Point(0.018, 0.035)), puff: 0.015, lift: 0.012, trim)
            }
        }
        let centre = Point(0, bottom - size.y * 0.4)
        scene.part(.disc(at: centre, radius: 0.115), puff: 0.012, lift: 0.008, trim)
        drawMark(at: centre, size: random.number(0.12, 0.15), in: &scene)
    }

    // MARK: Parts that forms share

    private func darkened(_ texture: @escaping Texture) -> Texture {
        { p in
            var texel = texture(p)
            texel.colour *= 0.6
            return texel
        }
    }

    /// A seam inside an outline's edge; Ondarelle sews twice, in a colour that shows.
    private func sew(_ outline: Outline, in scene: inout Scene) {
        for distance: Float in brand == .ondarelle ? [0.018, 0.036] : [0.016] {
            let seam = Outline.stitches(
                outline.inset(by: distance), length: 0.022, gap: 0.012, width: 0.009, closed: true)
            scene.fill(seam, thread)
        }
    }

    private func chain(along line: [Point], in scene: inout Scene) {
        var distance: Float = 0
        var isFlat = false
        for (from, to) in zip(line, line.dropFirst()) {
            distance += (to - from).length
            guard distance > 0.034 else { continue }
            distance = 0
            isFlat.toggle()
            let along = to - from
            let radii = isFlat ? Point(0.03, 0.021) : Point(0.03, 0.012)
            let link = Outline.ring(at: to, radii: radii, thickness: 0.0095, turned: atan2(along.y, along.x))
            scene.part(link, puff: 0.008, lift: 0.008, metal)
        }
    }
}
