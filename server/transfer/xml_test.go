package transfer

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

type stdOut struct {
	XMLName   xml.Name       `xml:"annotation"`
	Folder    string         `xml:"folder"`
	Filename  string         `xml:"filename"`
	Database  string         `xml:"source>database"`
	Width     int            `xml:"size>width"`
	Height    int            `xml:"size>height"`
	Depth     int            `xml:"size>depth"`
	Segmented int            `xml:"segmented"`
	Objects   []stdOutObject `xml:"object"`
}

type stdOutObject struct {
	Name      string `xml:"name"`
	Pose      string `xml:"pose"`
	Truncated int    `xml:"truncated"`
	Difficult int    `xml:"difficult"`
	XMin      int    `xml:"bndbox>xmin"`
	YMin      int    `xml:"bndbox>ymin"`
	XMax      int    `xml:"bndbox>xmax"`
	YMax      int    `xml:"bndbox>ymax"`
}

type stdIn struct {
	XMLName  xml.Name `xml:"annotation"`
	Filename string   `xml:"filename"`
	Width    string   `xml:"size>width"`
	Objects  []struct {
		Name string `xml:"name"`
		XMin string `xml:"bndbox>xmin"`
	} `xml:"object"`
}

// TestXMLReadsAsTheStandardLibrary compares with encoding/xml on what annotations may hold.
func TestXMLReadsAsTheStandardLibrary(t *testing.T) {
	for _, text := range []string{
		"<annotation/>",
		"<annotation></annotation>trailing <",
		`<?xml version="1.0" encoding='utf-8' standalone="yes"?><!-- <a> --><!DOCTYPE annotation><annotation verified="a > b"><filename>a&amp;b&#x41;&#66;.png</filename></annotation>`,
		"<annotation><filename> <![CDATA[<x>&]]> y </filename><size><width>12</width></size></annotation>",
		"<v:annotation xmlns:v='x'><v:object a='1' ><name>c</name><bndbox><xmin>3</xmin></bndbox></v:object><object/></v:annotation>",
		"<annotation><object><name>a<b>inner</b>c</name></object><object><name>\u540d</name></object></annotation>",
		"<annotation><filename>a</filename><filename>b</filename><folder\n/></annotation\n>",
		"<annotation><!DOCTYPE x [<!ENTITY a 'b'>]><filename>c</filename></annotation>",
		"<annotation><object>", "<annotation>", "", "text", "<", "<annotation", "<annotation><filename>a</folder></annotation>",
		"</annotation>", "<annotation>&nbsp;</annotation>", "<annotation>a & b</annotation>", "<annotation>&#0;</annotation>", "<annotation>&#x110000;</annotation>",
		"<annotation>\x01</annotation>", "<annotation>\xff</annotation>", "<html></html>", "<annotation><!-- ", "<annotation><a b='></annotation>",
		`<?xml version="1.0" encoding="latin-9"?><annotation/>`,
	} {
		var want stdIn
		wantErr := xml.NewDecoder(strings.NewReader(text)).Decode(&want)
		got, err := parseXML(text)
		if err == nil && got.name != "annotation" {
			got, err = nil, errXMLEnd
		}
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%q: %v, the standard library says %v", text, err, wantErr)
			continue
		}
		if err != nil {
			continue
		}
		objects := vocObjects(got)
		if got.child("filename").text.String() != want.Filename || got.child("size").child("width").text.String() != want.Width || len(objects) != len(want.Objects) {
			t.Errorf("%q is read as %+v, %d objects, by the standard library as %+v", text, got.child("filename").text.String(), len(objects), want)
			continue
		}
		for i, o := range objects {
			if o.Name != want.Objects[i].Name || o.XMin != want.Objects[i].XMin {
				t.Errorf("%q: object %+v, by the standard library %+v", text, o, want.Objects[i])
			}
		}
	}
	if _, err := parseXML(strings.Repeat("<a>", 100_000)); err == nil {
		t.Error("elements may lie in each other without end")
	}
}

// TestXMLIsWrittenAsByTheStandardLibrary keeps the bytes of exports what they always were.
func TestXMLIsWrittenAsByTheStandardLibrary(t *testing.T) {
	name := "a <b> & \"c\" 'd'\t\x02\u540d.png"
	o := &output{classes: map[string]domain.Class{"k": {ID: "k", Name: name}}}
	a := domain.Asset{Width: 30, Height: 20, Label: domain.Label{Boxes: []domain.Box{{ClassID: "k", X: 1, Y: 2, W: 3, H: 4}, {ClassID: "k", W: 30, H: 20}}}}
	want := stdOut{Folder: "JPEGImages", Filename: name, Database: "Irum", Width: 30, Height: 20, Depth: 3, Objects: []stdOutObject{
		{Name: o.className("k"), Pose: "Unspecified", XMin: 2, YMin: 3, XMax: 4, YMax: 6},
		{Name: o.className("k"), Pose: "Unspecified", XMin: 1, YMin: 1, XMax: 30, YMax: 20},
	}}
	for range 2 { // with objects and without
		text, err := xml.MarshalIndent(want, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if got := o.vocFile(a, name); got != string(text)+"\n" {
			t.Errorf("written:\n%s\nby the standard library:\n%s", got, text)
		}
		want.Objects, a.Label.Boxes = nil, nil
	}
}
