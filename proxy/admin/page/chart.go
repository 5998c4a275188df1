package page

import (
	"fmt"
	"math"
	"time"
)

// Heights of the chart, in units of its viewBox.
const (
	chartHeight = 150
	chartBottom = 22
	chartTop    = 8
	chartLeft   = 44
)

// chart is what the template draws: bars of requests and of calls side by side.
type chart struct {
	Class              string // of the stylesheet: "wide", or "narrow" for phones
	Width, Height      int
	Bars               []bar
	Lines              []gridLine
	Hours              []hour
	Requests, Failed   int
	Calls              int
	Left, Right, Floor float64
	Label, Low         float64 // where the labels of the axes are
	Narrow             *chart
}

// bar is a rectangle, of a class of the stylesheet.
type bar struct {
	X, Y, Width, Height float64
	Class               string
}

type gridLine struct {
	Y     float64
	Label string
}

type hour struct {
	X    float64
	Time time.Time
}

// chartOf lays out the chart: bars for quarters of an hour and, for phones, for hours.
func chartOf(last []slot) chart {
	c := layOut("wide", 960, 4, last)
	var hours []slot
	for i, s := range last {
		if i == 0 || s.began.Minute() == 0 {
			hours = append(hours, slot{began: s.began})
		}
		h := &hours[len(hours)-1]
		h.requests, h.failed, h.calls = h.requests+s.requests, h.failed+s.failed, h.calls+s.calls
	}
	narrow := layOut("narrow", 330, 6, hours)
	c.Narrow = &narrow
	return c
}

// layOut lays out bars for slots, with a label every so many hours.
func layOut(class string, width, every int, last []slot) chart {
	c := chart{Class: class, Width: width, Height: chartHeight, Left: chartLeft, Right: float64(width), Floor: chartHeight - chartBottom, Label: chartLeft - 8, Low: chartHeight - 4}
	most := 0
	for _, s := range last {
		most = max(most, s.requests, s.calls)
		c.Requests, c.Failed, c.Calls = c.Requests+s.requests, c.Failed+s.failed, c.Calls+s.calls
	}
	top := niceCeiling(most)
	scale := (c.Floor - chartTop) / float64(top)
	step := (c.Right - c.Left) / float64(len(last))
	for i, s := range last {
		x := c.Left + float64(i)*step
		c.add(x+0.1*step, 0.4*step, float64(s.requests)*scale, "requests")
		c.add(x+0.1*step, 0.4*step, float64(s.failed)*scale, "failed")
		c.add(x+0.5*step, 0.4*step, float64(s.calls)*scale, "calls")
		if s.began.UTC().Hour()%every == 0 && s.began.Minute() == 0 {
			c.Hours = append(c.Hours, hour{round(min(x, c.Right-32)), s.began})
		}
	}
	for _, part := range []int{0, top / 2, top} {
		c.Lines = append(c.Lines, gridLine{round(c.Floor - float64(part)*scale), short(part)})
	}
	return c
}

// add adds a bar; one that is not zero can be seen.
func (c *chart) add(x, width, height float64, class string) {
	if height <= 0 {
		return
	}
	height = max(height, 1.5)
	c.Bars = append(c.Bars, bar{X: round(x), Y: round(c.Floor - height), Width: round(width), Height: round(height), Class: class})
}

func round(f float64) float64 { return math.Round(f*100) / 100 }

// niceCeiling returns a round even number that is not below n, and not below 4.
func niceCeiling(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, digit := range []int{4, 6, 8, 10, 20} {
			if digit*unit >= n {
				return digit * unit
			}
		}
	}
}

// short writes a number in few characters.
func short(n int) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%.3gk", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
